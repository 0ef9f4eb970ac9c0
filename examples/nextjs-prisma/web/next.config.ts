import type { NextConfig } from "next";
import { goURL } from "./go";

// The Go service under the same host, so that both see the cookie. next build writes down
// where it is: set GO_URL for the build too.
const config: NextConfig = {
  rewrites: async () => [{ source: "/go/:path*", destination: `${goURL}/go/:path*` }],
};

export default config;
