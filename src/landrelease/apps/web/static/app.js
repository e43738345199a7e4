// The page of the web app: what is shown comes from the API, as the reader's role may see it.
import { mapView } from "./map.js";
import { importView, waitingView } from "./import.js";
import { recordView } from "./record.js";
import { tableView } from "./tables.js";

const main = document.getElementById("content");
const said = document.getElementById("said");
let words = {}, about = { may: {} }, session = { csrf: "" };

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

export async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options });
  const kind = answer.headers.get("content-type") ?? "";
  const body = kind.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Error(body?.description ?? `${word("failed")} (${answer.status})`);
  return body;
}

export const send = (path, body) => ask(path, {
  method: "POST", headers: { "content-type": "application/json", "x-csrf-token": session.csrf || "page" },
  body: JSON.stringify(body) });

export function tell(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("error", bad);
}

const shown = value => value === null || value === undefined ? word("not_reported")
  : Array.isArray(value) ? value.join(", ") : String(value);
// Names of fields and kinds, and words of vocabularies, as people read them.
const plain = name => words[`field.${name}`] ?? name.replaceAll("_", " ");
const kindName = (id, title) => words[`kind.${id}`] ?? title ?? plain(id);
const inWords = (value, field) => Array.isArray(value) ? value.map(v => inWords(v, field)).join(", ")
  : field?.enum || field?.items?.enum ? words[`value.${value}`] ?? shown(value) : shown(value);
const valueName = value => words[`value.${value}`] ?? String(value).replaceAll("_", " ");

// --- signing in --------------------------------------------------------------------------------

async function signInView(place) {
  const name = make("input", { autocomplete: "username", required: true });
  const password = make("input", { type: "password", autocomplete: "current-password", required: true });
  const wrong = make("p", { class: "error", role: "alert" });
  place.append(make("h1", {}, word("sign_in")), make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    try {
      await send("/api/session", { name: name.value, password: password.value });
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

const tools = () => ({ ask, send, make, word, tell, about, shown, plain, kindName, inWords, valueName, token: session.csrf || "page" });
const views = {
  map: (place, ...rest) => mapView(place, { ask, start: send, make, word, rest }),
  tables: (place, ...rest) => tableView(place, { ...tools(), rest }),
  record: (place, ...rest) => recordView(place, { ...tools(), rest }), waiting: place => waitingView(place, tools()), import: (place, ...rest) => importView(place, { ...tools(), rest }),
  figures: () => location.replace("/figures"), sign_in: signInView,
};
let leave = null;

async function show() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const view = views[name] ? name : "map";
  leave?.(); leave = null;
  tell("");
  for (const a of document.querySelectorAll("#nav a")) a.getAttribute("href") === `#${view}` ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  const place = document.createDocumentFragment();
  const holder = make("div", { class: "view" });
  holder.style.display = "contents";
  main.replaceChildren(holder);
  place.append(holder);
  main.append(holder);
  document.title = `${word(view === "record" ? "record" : view)} – ${about.office ?? "landrelease"}`;
  try { leave = await views[view](holder, ...rest) ?? null; }
  catch (x) { holder.append(make("p", { class: "error", role: "alert" }, x.message)); }
}

async function begin() {
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
