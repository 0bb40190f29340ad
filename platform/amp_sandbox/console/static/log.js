// Follows a log: new lines are added at its end, and the view stays there unless the reader has scrolled up.
const log = document.getElementById("log");
const follow = document.getElementById("follow");
const MOST_LINES = 2000;
let source = null;

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
const toEnd = () => (log.scrollTop = log.scrollHeight);

function add(lines) {
  const stay = isAtEnd();
  log.append(...lines.map((line) => `${line}\n`));
  while (log.childNodes.length > MOST_LINES) log.firstChild.remove();
  if (stay) toEnd();
}

function connect() {
  source?.close();
  source = null;
  if (!follow.checked || document.hidden) return;
  source = new EventSource(log.dataset.follow);
  source.addEventListener("lines", (event) => add(JSON.parse(event.data)));
}

follow.addEventListener("change", connect);
document.addEventListener("visibilitychange", connect);
follow.closest("label").hidden = false;
toEnd();
connect();
