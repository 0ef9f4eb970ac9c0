import type { NextConfig } from "next";

// The Go service under the same host, so that both see the cookie.
const config: NextConfig = {
  rewrites: async () => [{ source: "/go/:path*", destination: "http://localhost:8080/go/:path*" }],
};

export default config;
