// A classic script in the head, so that the chosen scheme is there before anything is painted.
(function () {
  "use strict";
  const KEY = "citeline.theme";
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // no storage: use the system's scheme
    }
  }

  function save(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // no storage: it lasts as long as the page
    }
  }

  const theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  // The page of settings: "light", "dark", or "system" for what the system says.
  document.addEventListener("citeline:theme", ({ detail }) => {
    if (detail === "system") delete root.dataset.theme;
    else root.dataset.theme = detail;
    save(detail);
  });

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      save(root.dataset.theme);
    });
  });
})();
