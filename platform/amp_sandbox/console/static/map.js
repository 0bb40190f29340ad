// Brings the numbers of the map up to date while it is open. Values are set as text, never as HTML.
const connection = document.getElementById("connection");
const problem = document.getElementById("problem");
const empty = document.getElementById("empty");

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function smallNumber({ label, value, bad }) {
  const row = document.createElement("span");
  row.className = bad ? "number bad" : "number";
  const name = document.createElement("span");
  name.textContent = label;
  const number = document.createElement("b");
  number.textContent = value;
  row.append(name, " ", number);
  return row;
}

export function showHop(card, facts) {
  for (const marked of [card, ...card.querySelectorAll(".state")]) marked.dataset.state = facts.state;
  for (const field of ["word", "headline", "unit", "note"]) {
    setText(card.querySelector(`[data-field="${field}"]`), facts[field]);
  }
  const numbers = card.querySelector('[data-field="numbers"]');
  const written = JSON.stringify(facts.numbers);
  if (numbers && numbers.dataset.written !== written) {
    numbers.dataset.written = written;
    numbers.replaceChildren(...facts.numbers.map(smallNumber));
  }
}

function show(snapshot) {
  setText(problem?.querySelector("[data-problem]"), snapshot.platform.problem);
  setText(problem?.querySelector("[data-advice]"), snapshot.platform.advice);
  if (problem) problem.hidden = !snapshot.platform.problem;
  if (empty) empty.hidden = !snapshot.empty;
  for (const card of document.querySelectorAll("[data-hop]")) {
    const facts = snapshot.hops[card.dataset.hop];
    if (facts) showHop(card, facts);
  }
}

// Only the map says whether it is live; a hop's page has its numbers from here too.
function tell(text, state) {
  setText(connection, text);
  if (connection) connection.dataset.state = state;
}

const connect = () => {
  const source = new EventSource("/events");
  source.addEventListener("snapshot", (event) => {
    tell("Live", "moving");
    show(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    tell("The console does not answer. Trying again…", "failing");
    // The browser tries again by itself after a lost connection, and not after an answer that is no stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  });
  return source;
};

// A page in the background costs nothing: it asks for no numbers until it is looked at again.
let source = document.hidden ? null : connect();
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close();
    source = null;
  } else source ??= connect();
});
