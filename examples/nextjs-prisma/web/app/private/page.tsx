import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { askGo } from "../../go";

// Asks for itself: a page that trusts the proxy is open to all when its matcher misses a path.
export default async function Private() {
  const { me } = await askGo((await headers()).get("cookie") ?? "");
  if (!me) redirect("/go/auth/signin?callbackUrl=/private");
  return (
    <main>
      <p id="who">The Go service knows {me.email}, who is {me.role}.</p>
      <p><a href="/go/auth/account">Account</a></p>
      <p><a href="/go/auth/signout?callbackUrl=/">Sign out</a></p>
    </main>
  );
}
