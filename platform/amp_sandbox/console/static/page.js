// What pages besides the map do: actions, copying a command, and loading their tables again while they are open.
const token = document.querySelector('meta[name="console-token"]').content;
const told = document.getElementById("told");
const REFRESH_MS = 5000;

function tell(text, bad) {
  told.textContent = text;
  told.classList.toggle("bad", bad);
}

async function act(button) {
  const label = button.textContent;
  button.disabled = true;
  if (button.dataset.busy) button.textContent = button.dataset.busy;
  try {
    const answer = await fetch(button.dataset.action, { method: "POST", headers: { "X-Console-Token": token } });
    const isJson = answer.headers.get("content-type")?.startsWith("application/json");
    const body = isJson ? await answer.json() : { problem: await answer.text() };
    if (answer.ok && button.dataset.then === "reload") {
      sessionStorage.setItem("told", body.told);
      location.reload();
      return;
    }
    tell(answer.ok ? body.told : [body.problem, body.why, body.hint].filter(Boolean).join(" "), !answer.ok);
  } catch {
    tell("The console does not answer. Is the sandbox up? Try: sandbox status", true);
  }
  button.disabled = false;
  button.textContent = label;
}

for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => act(button));

// An action that loads the page again says what it did afterwards.
const before = sessionStorage.getItem("told");
if (before && told) {
  sessionStorage.removeItem("told");
  tell(before, false);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

// The tables come as HTML from this server, where every value is escaped. This is the one place that takes any.
const tables = document.getElementById("tables");

const isRead = () =>
  tables.contains(document.activeElement) ||
  tables.querySelector("details[open]") ||
  (getSelection().rangeCount > 0 && !getSelection().isCollapsed);

async function refresh() {
  if (!document.hidden && !isRead()) {
    try {
      const answer = await fetch(tables.dataset.refresh);
      const html = answer.ok ? await answer.text() : null;
      if (html !== null && !isRead()) {
        const fresh = new DOMParser().parseFromString(html, "text/html");
        tables.replaceChildren(...fresh.body.childNodes);
      }
    } catch {
      // The next time, then; the map's connection tells that nobody answers.
    }
  }
  setTimeout(refresh, REFRESH_MS);
}
if (tables) setTimeout(refresh, REFRESH_MS);
