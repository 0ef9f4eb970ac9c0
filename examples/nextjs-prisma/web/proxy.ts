import { NextResponse, type NextRequest } from "next/server";
import { askGo } from "./go";

// What only people who are signed in see.
const isPrivate = (path: string) => path === "/private" || path.startsWith("/private/");

// Asks the Go service at each page, so that a session is rolled on here: a server component
// can set no cookie. It signs nobody out, least of all when the database is away.
export default async function proxy(request: NextRequest) {
  const { pathname, search } = request.nextUrl;
  try {
    const { me, setCookie } = await askGo(request.headers.get("cookie") ?? "");
    if (!me && isPrivate(pathname)) {
      // Next.js asks for a page in advance: a redirect would open the sign-in page behind the
      // person's back. At 401 the browser asks again when the person goes there.
      if (request.headers.get("sec-fetch-dest") === "empty") return new NextResponse(null, { status: 401 });
      const signIn = new URL("/go/auth/signin", request.url);
      signIn.searchParams.set("callbackUrl", pathname + search);
      return NextResponse.redirect(signIn);
    }
    const response = NextResponse.next();
    for (const line of setCookie) response.headers.append("Set-Cookie", line);
    // A page that is the same for all may be kept on the way; with a cookie it must not be.
    if (setCookie.length > 0) response.headers.set("Cache-Control", "private, no-store");
    return response;
  } catch (error) {
    console.error("proxy:", error);
    if (!isPrivate(pathname)) return NextResponse.next();
    return new NextResponse("Please try again in a moment.", { status: 503, headers: { "Retry-After": "5" } });
  }
}

// All pages. Do not leave prefetches out: their headers are anybody's to send.
export const config = { matcher: "/((?!go/|api/|_next/static|_next/image|favicon.ico).*)" };
