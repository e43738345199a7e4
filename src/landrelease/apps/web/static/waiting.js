// Rows that wait: some at a time, mended one by one, many at once, or in a workbook that goes out and
// comes back. All of them, or those of one's own import.
import { followed, started } from "./jobs.js";
import { pictures } from "./record.js";

const PAGE = 25, AT_ONCE = 50;

export const finding = (f, { make, plain }) => make("p", { class: "coded" }, make("strong", {}, f.code), ` ${f.field ? `${plain(f.field)}: ` : ""}${f.problem} ${f.remedy}`);

// What a report of the public may be about, or the same as: for whoever looks through it.
const nearList = (near, { make, word, kindName, number }) => near.length ? make("details", { open: true }, make("summary", {}, word("near")),
  make("ul", {}, ...near.map(n => make("li", {}, `${kindName(n.kind)} ${n.id || `${word("row")} ${n.number}`}`,
    n.distance_m === null ? "" : `, ${number(Math.round(n.distance_m))} m`, n.same_report ? `, ${word("same_report")}` : "", n.same_words ? `, ${word("same_words")}` : "", `: ${n.words}`)))) : null;

// Of a report whose place is not known: the district and the community to ask in.
const lostNote = (lost, { make, word, number }) => lost ? make("p", {}, make("strong", {}, word("place_unknown")),
  ` ${[lost.off_m === null ? "" : word("place_off").replace("{metres}", number(Math.round(lost.off_m))),
    lost.district ? word("place_district").replace("{name}", () => lost.district) : "",
    lost.community ? word("place_community").replace("{name}", () => lost.community) : ""].filter(Boolean).join(" ")}`) : null;

export async function waitingView(place, tools) {
  const { make, word } = tools;
  place.append(make("h1", {}, word("waiting")), make("p", {}, word("waiting_words")));
  await waitingRows(place, tools, { base: "/api/quarantine", back: "/jobs/mend", reject: "/api/quarantine" });
}

// `base`: where the rows are; `back`: what takes a mended workbook; `reject`: where they may be
// rejected, if they may.
export async function waitingRows(place, tools, { base, back, reject }) {
  const { ask, make, word, tell, number, told } = tools;
  const list = make("div"), count = make("span", { role: "status" });
  let start = 0, page = null;
  const files = make("select", {}), codes = make("select", {});
  const earlier = make("button", { type: "button", class: "plain", onclick: () => { start = Math.max(0, start - PAGE); show().catch(fail); } }, word("mend.back"));
  const later = make("button", { type: "button", class: "plain", onclick: () => { start += PAGE; show().catch(fail); } }, word("mend.next"));
  const fail = x => tell(x.message, true);
  for (const pick of [files, codes]) pick.addEventListener("change", () => { start = 0; show().catch(fail); });
  const choose = make("div", { class: "row tools" }, make("label", { class: "field" }, word("file"), files),
    make("label", { class: "field" }, word("quality.code"), codes), earlier, later, count);
  const none = make("p", {}, word("no_waiting"));
  const many = make("div"), work = make("div"), result = make("div", { "aria-live": "polite" });
  place.append(none, choose, many, work, result, list);

  function options(pick, any, found) {
    const chosen = pick.value;
    pick.replaceChildren(make("option", { value: "" }, any), ...Object.entries(found).map(([name, n]) =>
      make("option", { value: name, selected: name === chosen }, `${name} (${number(n)})`)));
  }
  async function show() {
    const asked = new URLSearchParams({ start, limit: PAGE });
    if (files.value) asked.set("file", files.value);
    if (codes.value) asked.set("code", codes.value);
    page = await ask(`${base}?${asked}`);
    if (start && start >= page.count) { start = Math.max(0, Math.floor((page.count - 1) / PAGE) * PAGE); return show(); }
    none.hidden = page.total > 0;
    choose.hidden = work.hidden = !page.total;
    options(files, word("mend.all_files"), page.files); options(codes, word("mend.all_codes"), page.codes);
    earlier.disabled = start === 0; later.disabled = start + PAGE >= page.count;
    count.textContent = page.count ? told("mend.count", { first: number(start + 1), last: number(start + page.rows.length), all: number(page.count) }) : word("none");
    list.replaceChildren(...page.rows.map(row => waitingCard(row, tools, { base, reject })));
    many.replaceChildren(page.shared.length ? manyForm(page.shared) : "");
  }

  // --- the same change for many
  function manyForm(shared) {
    const pick = make("select", {}, ...shared.map((s, n) => make("option", { value: n },
      `${tools.plain(s.field)}: ${s.found === "" ? word("mend.nothing") : s.found} (${s.code}, ${told("mend.same_rows", { n: number(s.numbers.length) })})`)));
    const value = make("input", { autocomplete: "off", required: true }), going = make("span", { role: "status" });
    const button = make("button", { type: "submit" }, word("mend.do_many"));
    return make("form", { class: "card", id: "many", onsubmit: async e => {
      e.preventDefault();
      const { numbers, field } = shared[Number(pick.value)];
      if (!confirm(told("mend.sure", { n: number(numbers.length) }))) return;
      button.disabled = true;
      let accepted = 0, done = 0;
      try {
        for (let n = 0; n < numbers.length; n += AT_ONCE) {
          going.textContent = told("mend.going", { done: number(done), all: number(numbers.length) });
          const { rows } = await tools.send(`${base}/mend`, { numbers: numbers.slice(n, n + AT_ONCE), changes: { [field]: value.value } });
          accepted += rows.filter(r => r.status === "accepted").length; done += rows.length;
        }
      } catch (x) { fail(x); }
      button.disabled = false;
      going.textContent = "";
      await show().catch(fail);
      result.replaceChildren(make("p", { class: "card" }, told("mend.done_many", { accepted: number(accepted), left: number(done - accepted) })));
    } }, make("h2", {}, word("mend.many")), make("p", { class: "note" }, word("mend.many_words")),
      make("label", { class: "field" }, word("mend.same"), pick), make("label", { class: "field" }, word("mend.new"), value), make("p", {}, button, " ", going));
  }

  // --- a workbook out and in again
  const file = make("input", { type: "file", accept: ".xlsx", required: true });
  const link = make("a", { class: "button plain", download: "" }, word("mend.download"));
  link.addEventListener("click", () => { link.href = `${base}/workbook${files.value ? `?file=${encodeURIComponent(files.value)}` : ""}`; });
  link.href = `${base}/workbook`;
  work.append(make("details", { class: "card", id: "workbook" }, make("summary", {}, word("mend.workbook")), make("p", { class: "note" }, word("mend.workbook_words")),
    make("p", {}, link), make("form", { class: "row", onsubmit: async e => {
      e.preventDefault();
      const data = new FormData();
      data.append("file", file.files[0]);
      const id = await started(result, back, data, tools);
      if (!id) return;
      const found = await followed(result, id, tools, { sure: word("job.cancel_sure"), cancelled: "" });
      if (!found) return;
      result.replaceChildren(outcome(found));
      file.value = "";
      await show().catch(fail);
    } }, make("label", { class: "field" }, word("mend.returned"), file), make("button", { type: "submit" }, word("mend.read_in")))));
  const outcome = found => make("section", { class: "card", id: "returned" }, make("h2", {}, word("report")),
    make("ul", {}, ...Object.entries(found.counts).map(([what, n]) => make("li", {}, `${number(n)} ${word(`mend.${what.replaceAll(" ", "_")}`)}`))),
    ...found.left.slice(0, 50).flatMap(r => r.findings.length ? [make("h3", {}, `${r.sheet}, ${word("row")} ${r.number.split("-")[0]}`), ...r.findings.map(f => finding(f, tools))] : []));
  await show();
}

// One row, with what is wrong and what may be done about it.
function waitingCard(row, tools, { base, reject: may }) {
  const { send, make, word, tell, shown, plain, kindName } = tools;
  const card = make("article", { class: "card" });
  const found = make("div", {}, ...row.findings.map(f => finding(f, tools)));
  const names = [...new Set([...row.findings.map(f => f.field).filter(Boolean), ...Object.keys(row.values), "geometry", "crs"])];
  const field = make("select", {}, ...names.map(n => make("option", { value: n }, plain(n))));
  const value = make("input", { autocomplete: "off" });
  // What was changed is kept while another field is chosen: all of it is checked together.
  const edits = new Map(), stood = name => String(row.values[name] ?? (name === "geometry" ? row.geometry : ""));
  const changed = make("p", { class: "note", "aria-live": "polite", hidden: true });
  const fill = () => { value.value = edits.get(field.value) ?? stood(field.value); };
  const keep = () => {
    if (value.value === stood(field.value)) edits.delete(field.value); else edits.set(field.value, value.value);
    changed.hidden = !edits.size;
    changed.textContent = [word("mend.changed"), ...[...edits].map(([name, v]) => `${plain(name)}: ${v === "" ? word("mend.taken_away") : v}`)].join(" ");
  };
  field.addEventListener("change", fill); value.addEventListener("input", keep); fill();
  const done = text => { card.replaceChildren(make("p", {}, `${row.file}, ${word("row")} ${row.row}: ${text}`)); tell(text); };
  const mend = make("form", { class: "row", onsubmit: async e => {
    e.preventDefault();
    try {
      const result = await send(`${base}/${row.number}/mend`, { changes: Object.fromEntries([...edits].map(([name, v]) => [name, v === "" ? null : v])) });
      if (result.status === "accepted") return done(word("accepted"));
      found.replaceChildren(make("p", { class: "error" }, word("still_waits")), ...result.findings.map(f => finding(f, tools)));
      tell(word("still_waits"), true);
    } catch (x) { tell(x.message, true); }
  } }, make("label", { class: "field" }, word("field"), field), make("label", { class: "field" }, word("value"), value),
    make("button", { type: "submit" }, word("check_again")), changed);
  const reason = make("input", { autocomplete: "off" });
  const reject = make("form", { class: "row", onsubmit: async e => {
    e.preventDefault();
    try { await send(`${may}/${row.number}/reject`, { reason: reason.value }); done(word("rejected")); }
    catch (x) { tell(x.message, true); }
  } }, make("label", { class: "field" }, word("reject_reason"), reason), make("button", { type: "submit", class: "plain" }, word("reject")));
  const list = make("dl");
  for (const [name, v] of Object.entries(row.values)) list.append(make("dt", {}, plain(name)), make("dd", {}, shown(v)));
  card.append(make("h2", {}, `${row.file}, ${word("row")} ${row.row} (${kindName(row.kind)})`), found, lostNote(row.whereabouts ?? null, tools) ?? "", nearList(row.near ?? [], tools) ?? "", pictures(row.photographs ?? [], tools) ?? "", make("details", {}, make("summary", {}, word("value")), list), mend, may ? reject : "");
  return card;
}
