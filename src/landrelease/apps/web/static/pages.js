// Forms of the pages that the server writes: sent with the session's token; an error is said in the
// form, and what was typed stays. Texts come from the server.
const token = document.querySelector("meta[name=csrf]").content;
const said = document.getElementById("said");

function plain(form) {
  const out = Object.create(null);
  for (const [name, value] of new FormData(form).entries()) {
    if (name.endsWith("[]")) (out[name.slice(0, -2)] ??= []).push(value);
    else if (name.includes(".")) { const [a, b] = name.split(/\.(.*)/s); (out[a] ??= Object.create(null))[b] = value; }
    else out[name] = value;
  }
  return out;
}

async function send(form, button) {
  const alert = form.querySelector("[role=alert]");
  alert.textContent = "";
  const files = form.querySelector("input[type=file]") !== null;
  const options = { method: "POST", credentials: "same-origin", headers: { "x-csrf-token": token } };
  if (files) options.body = new FormData(form);
  else { options.body = JSON.stringify(plain(form)); options.headers["content-type"] = "application/json"; }
  const answer = await fetch(form.getAttribute("action"), options);
  const body = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
  if (!answer.ok) {
    alert.textContent = body.description ?? `${answer.status}`;
    for (const secret of form.querySelectorAll("input[type=password]")) secret.value = "";
    return;
  }
  if (body.once) return once(form, body);
  if (body.said) sessionStorage.setItem("said", body.said);
  if (body.location) location.assign(body.location); else location.reload();
}

// A secret that is shown this once: it stands on the page alone, never in the browser's storage.
function once(form, body) {
  const { label, value, words, copy, copied, done } = body.once;
  const make = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });
  const box = make("div", "", { className: "card once", tabIndex: -1 });
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", label);
  const shown = make("input", "", { type: "text", readOnly: true, value, autocomplete: "off", spellcheck: false, dir: "ltr" });
  const field = make("label", label, { className: "field" });
  field.append(shown);
  const told = make("span", "", { className: "note" });
  told.setAttribute("role", "status");
  const button = make("button", copy, { type: "button" });
  button.addEventListener("click", async () => {
    shown.select();
    try { await navigator.clipboard.writeText(value); told.textContent = copied; } catch { /* it is selected: the keys of the browser copy it */ }
  });
  const row = make("p", "");
  row.append(button, " ", make("a", done, { href: body.location }), " ", told);
  box.append(make("p", words), field, row);
  form.replaceWith(box);
  box.focus();
}

document.addEventListener("submit", async event => {
  const form = event.target;
  if (!form.matches("form[data-send]")) return;
  event.preventDefault();
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
  const button = event.submitter ?? form.querySelector("button[type=submit]");
  button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try { await send(form, button); }
  catch (x) { form.querySelector("[role=alert]").textContent = x.message; }
  button.disabled = false;
  form.removeAttribute("aria-busy");
});

document.addEventListener("click", event => {
  const button = event.target.closest("button[data-print]");
  if (button) print();
  const all = event.target.closest("button[data-all]");
  if (all) for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = true;
});

const earlier = sessionStorage.getItem("said");
if (earlier) { said.textContent = earlier; sessionStorage.removeItem("said"); }
