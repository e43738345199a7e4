// The page of the web app: what is shown comes from the API, as the reader's role may see it.
let words = {}, about = { may: {} }, session = { csrf: "" };

// With all that is asked for the page says as whom it was opened: once the session has ended, the server
// refuses instead of showing less (S01). What it asks for while nobody is there keeps no session open.
let touched = Date.now();
for (const what of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) addEventListener(what, () => { touched = Date.now(); }, { capture: true, passive: true });
export const stated = () => ({ ...session.reads_as ? { "x-reads-as": session.reads_as } : {}, ...Date.now() - touched > 60_000 ? { "x-away": "yes" } : {} });

// Each view is a module of its own: only who looks at it waits for it.
const parts = { map: () => import("./map.js"), tables: () => import("./tables.js"), record: () => import("./record.js"), waiting: () => import("./waiting.js"), import: () => import("./import.js") };
const settings = () => Promise.all([ask("/ogc/collections"), ask("/api/map")]);
let early = null;
const first = location.hash.slice(1).split("/")[0] || "map";
if (Object.hasOwn(parts, first)) parts[first]().catch(() => {}); // told of when it is shown
if (first === "map") {
  early = settings(); // asked for while the words of the page come
  early.catch(() => {});
}

const main = document.getElementById("content");
const said = document.getElementById("said");
export const word = key => words[key] ?? key;

// Text only ever becomes text: nothing of a record is taken for HTML.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(c => c !== null && c !== undefined));
  return element;
}

// What a view asks for ends with the view: asked after somebody signed in or out, in the name of who read
// before, it would be refused. Nobody hears of it any more; a change that was sent goes on.
const askUntil = left => async (path, options = {}) => {
  if (options.method) return ask(path, options);
  if (left.aborted) return new Promise(() => {});
  try { return await ask(path, { ...options, signal: left }); }
  catch (x) { return left.aborted ? new Promise(() => {}) : Promise.reject(x); }
};

export async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options, headers: { ...options.headers, ...path.startsWith("/api/session") ? {} : stated() } });
  const kind = answer.headers.get("content-type") ?? "";
  const body = kind.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw Object.assign(new Error(body?.description ?? `${word("failed")} (${answer.status})`), { status: answer.status });
  return body;
}

export const send = (path, body) => ask(path, {
  method: "POST", headers: { "content-type": "application/json", "x-csrf-token": session.csrf || "page" },
  body: JSON.stringify(body) });

export function tell(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("error", bad);
}

// Numbers as the language of the page writes them, with European digits in all; a text with its facts.
export const number = (value, options = {}) => value.toLocaleString(`${document.documentElement.lang.replace(/^en$/, "en-GB")}-u-nu-latn`, { useGrouping: "always", ...options });
// Of one the text is another; in French of none as well.
const many = facts => Object.values(facts).slice(0, 1).every(n => String(n) !== "1" && (document.documentElement.lang !== "fr" || String(n) !== "0"));
const told = (key, facts) => (!many(facts) && words[`${key}.one`] || word(key)).replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
const shown = value => value === null || value === undefined ? word("not_reported")
  : Array.isArray(value) ? value.join(", ") : typeof value === "boolean" ? words[`value.${value ? "yes" : "no"}`] : String(value);
// Names of fields and kinds, and words of vocabularies, as people read them.
const plain = name => words[`field.${name}`] ?? name.replaceAll("_", " ");
const kindName = (id, title) => words[`kind.${id}`] ?? title ?? plain(id);
const kindNote = (id, description) => words[`note.${id}`] ?? description;
const inWords = (value, field) => Array.isArray(value) ? value.map(v => inWords(v, field)).join(", ")
  : field?.enum || field?.items?.enum ? words[`value.${value}`] ?? shown(value) : shown(value);
const valueName = value => words[`value.${{ true: "yes", false: "no" }[value] ?? value}`] ?? String(value).replaceAll("_", " ");

// --- signing in --------------------------------------------------------------------------------

async function signInView(place) {
  const name = make("input", { autocomplete: "username", required: true });
  const password = make("input", { type: "password", autocomplete: "current-password", required: true });
  const wrong = make("p", { class: "error", role: "alert" });
  place.append(make("h1", {}, word("sign_in")), make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    try {
      const signed = await send("/api/session", { name: name.value, password: password.value });
      if (signed.renew) return location.assign("/account");
      await begin(); location.hash = "#map"; tell(word("signed_in"));
    } catch (x) { wrong.textContent = x.message; password.value = ""; password.focus(); }
  } }, make("label", { class: "field" }, word("name"), name), make("label", { class: "field" }, word("password"), password),
    make("p", {}, make("button", { type: "submit" }, word("sign_in"))), wrong));
  if (session.provider)
    place.append(make("p", {}, make("a", { href: "/api/oidc/start" }, `${word("sign_in_at")} ${session.provider}`)));
  name.focus();
}

async function signOut() {
  const done = await send("/api/session/end", {});
  if (done.sign_out_at) return location.assign(done.sign_out_at);
  await begin(); location.hash = "#map"; show();
}

// --- the whole ---------------------------------------------------------------------------------

const tools = ask => ({ ask, send, make, word, tell, about, shown, plain, kindName, kindNote, inWords, valueName, number, told, token: session.csrf || "page" });
const views = {
  map: async (place, ask, ...rest) => {
    // What was asked for before it was known who reads may have been asked for with a session that has ended.
    const asked = early ? early.catch(settings) : settings();
    early = null;
    const [{ mapView }, found] = await Promise.all([parts.map(), asked]);
    return mapView(place, { ask, start: send, make, word, rest, found, stated });
  },
  tables: async (place, ask, ...rest) => (await parts.tables()).tableView(place, { ...tools(ask), rest }),
  record: async (place, ask, ...rest) => (await parts.record()).recordView(place, { ...tools(ask), rest }),
  waiting: async (place, ask) => (await parts.waiting()).waitingView(place, tools(ask)),
  import: async (place, ask, ...rest) => (await parts.import()).importView(place, { ...tools(ask), rest }),
  figures: () => location.replace("/figures"), sign_in: signInView,
};
let leave = () => {};

async function show() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const view = Object.hasOwn(views, name) ? name : "map";
  leave();
  // A view may be left before it stands: it ends as soon as it does.
  const left = new AbortController(), ends = [];
  leave = () => { left.abort(); for (const end of ends.splice(0)) end(); };
  tell("");
  for (const a of document.querySelectorAll("#nav a")) a.getAttribute("href") === `#${view}` ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  const place = document.createDocumentFragment();
  const holder = make("div", { class: "view" });
  holder.style.display = "contents";
  main.replaceChildren(holder);
  place.append(holder);
  main.append(holder);
  document.title = `${word(view === "record" ? "record" : view)} – ${about.office ?? "landrelease"}`;
  try {
    const end = await views[view](holder, askUntil(left.signal), ...rest);
    if (end && left.signal.aborted) end(); else if (end) ends.push(end);
  } catch (x) { holder.append(make("p", { class: "error", role: "alert" }, x.message)); }
}

async function begin() {
  session = { csrf: "" };
  [words, about, session] = await Promise.all([ask("/api/words"), ask("/api/about"), ask("/api/session")]);
  const banner = document.getElementById("synthetic");
  banner.hidden = !about.synthetic; banner.textContent = word("synthetic");
  document.getElementById("office").textContent = about.office;
  document.getElementById("caution").textContent = word("caution");
  const nav = document.getElementById("nav");
  nav.replaceChildren(...about.pages.map(p => make("a", { href: p.path.replace("/#", "#"), onclick: () => shut(nav) }, word(p.key))));
  document.getElementById("reader").replaceChildren(
    make("span", {}, `${word("reading_as")} `, session.account ? make("a", { href: "/account" }, session.account) : null, `${session.account ? ", " : ""}${word(`role.${about.role}`)}`),
    session.account ? make("button", { type: "button", class: "plain", onclick: () => signOut().catch(x => tell(x.message, true)) }, word("sign_out"))
      : make("a", { href: "#sign_in" }, word("sign_in")));
}

// On a narrow screen the links lie in a popover: a link of this page does not load another one.
const shut = nav => { if (nav.matches(":popover-open")) nav.hidePopover(); };

window.addEventListener("hashchange", show);
begin().then(show).catch(x => tell(x.message, true));
