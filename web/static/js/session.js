/** Signing in on a page of its own, where reading needs a token, and signing out on every page. */

async function post(path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return fetch(path, { method: "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

document.getElementById("sign-out").addEventListener("click", async () => {
  await post("/sign-out");
  sessionStorage.clear(); // conversations and filters
  location.assign("/");
});

const RELOADED = "citeline.reloaded";
const form = document.getElementById("sign-in");
if (form === null) {
  sessionStorage.removeItem(RELOADED);
} else {
  // A link on another site opens the page without the cookie, which is there from here on.
  const own = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (own?.ok && sessionStorage.getItem(RELOADED) === null) {
    sessionStorage.setItem(RELOADED, "yes");
    location.replace(location.href);
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = document.getElementById("sign-in-problem");
    try {
      const response = await post("/sign-in", { token: form.elements.token.value.trim() });
      if (response.ok) {
        location.reload();
        return;
      }
      problem.textContent = (await response.json()).detail;
    } catch {
      problem.textContent = "Citeline is not responding. Is it still running?";
    }
    problem.hidden = false;
    form.elements.token.select();
  });
}
