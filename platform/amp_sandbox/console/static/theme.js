// Before anything is drawn, so that nobody sees the other colours first. Without a choice, the system's apply.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be closed to pages; then the system's colours it is.
  }
})();
