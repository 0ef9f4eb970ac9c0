import { auth, signIn, signOut } from "../auth";

export default async function Page() {
  const session = await auth();
  if (!session?.user) {
    return (
      <form action={async () => { "use server"; await signIn("github"); }}>
        <button>Sign in with GitHub</button>
      </form>
    );
  }
  return (
    <main>
      <p>Signed in as {session.user.email}.</p>
      <p><a href="/go/me">What the Go service says</a></p>
      <form action={async () => { "use server"; await signOut(); }}>
        <button>Sign out</button>
      </form>
    </main>
  );
}
