import Link from "next/link";
import { getServerSession } from "next-auth";
import { authOptions } from "../auth";

export default async function Page() {
  const session = await getServerSession(authOptions);
  if (!session?.user) {
    return (
      <main>
        <p id="who">Nobody is signed in.</p>
        <p><a id="sign-in" href="/api/auth/signin?callbackUrl=/">Sign in with GitHub</a></p>
        <p><a href="/go/auth/signin?callbackUrl=/">Sign in with a password</a></p>
        <p><Link href="/private">A private page</Link></p>
      </main>
    );
  }
  return (
    <main>
      <p id="who">Signed in as {session.user.email}.</p>
      <p><Link href="/private">A private page</Link></p>
      <p><a href="/go/me">What the Go service says</a></p>
      <p><a id="sign-out" href="/api/auth/signout?callbackUrl=/">Sign out</a></p>
      <p><a href="/go/auth/signout?callbackUrl=/">Sign out at the Go service</a></p>
    </main>
  );
}
