import Link from "next/link";
import { auth, signIn, signOut } from "../auth";

export default async function Page() {
  const session = await auth();
  if (!session?.user) {
    return (
      <main>
        <p id="who">Nobody is signed in.</p>
        <form action={async () => { "use server"; await signIn("github"); }}>
          <button id="sign-in">Sign in with GitHub</button>
        </form>
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
      <form action={async () => { "use server"; await signOut(); }}>
        <button id="sign-out">Sign out</button>
      </form>
      <p><a href="/go/auth/signout?callbackUrl=/">Sign out at the Go service</a></p>
    </main>
  );
}
