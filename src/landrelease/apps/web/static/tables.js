// Tables of records: filtered and put in order by the server, over all rows; whole as files.
const PAGE = 100, MOST_COLUMNS = 12;
const quoted = text => `'${text.replaceAll("'", "''")}'`;
const pattern = text => quoted(`%${text.replace(/[\\%_]/g, "\\$&")}%`);
// Marks that stand beside the values of a record: the server puts none in their order.
const MARKS = new Set(["validation", "verified", "hazardous", "widened", "contested", "accuracy_from", "recorded_type"]);
// The field that decides, by kind: what nobody signed of it counts for nothing.
// Collections that are made of what is on record now: they have no past.
const OF_NOW = new Set(["hazard_cells", "released_ground", "unrecorded_hazards", "coverage_gaps"]);
const DAY = /^\d{4}-\d\d-\d\d$/;
const DECIDED = { hazard: "status", outcome: "outcome_type" };
const kindOf = s => s.type === "array" ? "list" : s.enum ? "choice" : s.type === "boolean" ? "truth" : ["number", "integer"].includes(s.type) ? "number"
  : ["date", "date-time"].includes(s.format) ? "time" : "text";
const TESTS = { text: ["contains", "is"], choice: ["is"], truth: ["is"], list: ["is"], number: ["is", "from", "to"], time: ["is", "from", "to"] };

// A condition as CQL2; a text beside a date is read as a date.
function cql({ field, test, value }, schema) {
  const name = `"${field}"`, said = ["number", "truth"].includes(kindOf(schema)) ? value : quoted(value);
  return { contains: () => `casei(${name}) LIKE casei(${pattern(value)})`, from: () => `${name} >= ${said}`, to: () => `${name} <= ${said}`,
    is: () => kindOf(schema) === "list" ? `a_contains(${name}, (${quoted(value)}))` : `${name} = ${said}`,
    empty: () => `${name} IS NULL`, filled: () => `${name} IS NOT NULL` }[test]();
}

// What is asked of the server, of which moment. The past stands in the order of ids. The first "is" of a field goes as a parameter of its own: the store looks it up.
function query({ conditions, sort, down, then }, properties) {
  const out = new URLSearchParams(then), rest = [];
  for (const c of conditions) {
    if (c.test === "is" && !out.has(c.field) && !c.value.includes(",")) out.set(c.field, c.value);
    else rest.push(cql(c, properties[c.field]));
  }
  if (rest.length) out.set("filter", rest.join(" AND "));
  if (sort && !out.has("valid_at") && !out.has("known_at")) out.set("sortby", `${down ? "-" : "+"}${sort}`);
  return out;
}

export async function tableView(place, { ask, make, word, tell, about, plain, kindName, kindNote, inWords, valueName, number, rest }) {
  const { collections } = await ask("/ogc/collections");
  if (!collections.length) return place.append(make("p", {}, word("none")));
  const chosen = collections.find(c => c.id === rest[0]) ?? collections[0];
  const { properties: all } = await ask(`/ogc/collections/${chosen.id}/queryables`);
  // Looked up by names that an address may hold: there is nothing in it but the fields.
  const properties = Object.assign(Object.create(null), Object.fromEntries(Object.entries(all).filter(([name]) => name !== "geometry")));
  const asked = { conditions: [], sort: "", down: false, then: {} };
  const today = new Date().toISOString().slice(0, 10), dated = about.may.history && !OF_NOW.has(chosen.id);
  // A day from today on is now.
  const moment = said => dated ? Object.fromEntries(Object.entries(said).filter(([, day]) => DAY.test(day) && day < today)) : {};
  try {
    const [by = "", stated = "", valid_at = "", known_at = ""] = rest.slice(1);
    asked.then = moment({ valid_at, known_at });
    const name = by.replace(/^[-+]/, "");
    if (properties[name] && !MARKS.has(name)) { asked.sort = name; asked.down = by.startsWith("-"); }
    asked.conditions = JSON.parse(stated || "[]").filter(c => properties[c.field] && typeof c.value === "string"
      && [...TESTS[kindOf(properties[c.field])], "empty", "filled"].includes(c.test));
  } catch { /* an address that somebody wrote by hand */ }
  const option = (value, text, selected = false) => make("option", { value, selected }, text);
  const names = Object.keys(properties);
  const fail = x => tell(x.message, true);

  // --- what to show
  const pick = make("select", { id: "collection", onchange: e => { location.hash = `#tables/${e.target.value}`; } },
    ...collections.map(c => option(c.id, kindName(c.id, c.title), c.id === chosen.id)));
  const field = make("select", { id: "field" }, ...names.map(n => option(n, plain(n))));
  const test = make("select", { id: "test" }), holder = make("span", { class: "field" });
  let value;
  const offer = () => {
    const schema = properties[field.value] ?? {}, kind = kindOf(schema);
    test.replaceChildren(...[...TESTS[kind], "empty", "filled"].map(t => option(t, word(`test.${t}`))));
    const listed = kind === "truth" ? ["true", "false"] : schema.enum ?? schema.items?.enum;
    value = listed ? make("select", { id: "value" }, ...listed.map(v => option(v, valueName(v))))
      : make("input", { id: "value", autocomplete: "off", type: kind === "time" ? "date" : kind === "number" ? "number" : "text", step: "any" });
    holder.replaceChildren(value);
    value.setAttribute("aria-label", word("value"));
  };
  const without = () => { holder.hidden = ["empty", "filled"].includes(test.value); };
  field.addEventListener("change", () => { offer(); without(); });
  test.addEventListener("change", without);
  if (names.length) offer();
  const list = make("ul", { class: "chips", "aria-label": word("filter") });
  const sort = make("select", { id: "sort", onchange: () => order(sort.value, asked.down) }, option("", word("table.by_id")), ...names.filter(n => !MARKS.has(n)).map(n => option(n, plain(n), n === asked.sort)));
  const way = make("select", { id: "way", onchange: () => order(asked.sort, way.value === "down") },
    option("up", word("table.up"), !asked.down), option("down", word("table.down"), asked.down));
  const add = make("form", { class: "row", onsubmit: e => {
    e.preventDefault();
    const empty = ["empty", "filled"].includes(test.value);
    if (!empty && !value.value.trim()) return value.focus();
    asked.conditions.push({ field: field.value, test: test.value, value: empty ? "" : value.value.trim() });
    if (value.tagName === "INPUT") value.value = "";
    again();
  } },
    make("label", { class: "field" }, `${word("filter")}: ${word("field")}`, field),
    make("label", { class: "field" }, word("table.test"), test), holder,
    make("button", { type: "submit" }, word("table.add")),
    make("button", { type: "button", class: "plain", onclick: () => { asked.conditions = []; again(); } }, word("clear")),
    properties.hazardous ? make("button", { type: "button", class: "plain", id: "still-hazardous", onclick: () => {
      asked.conditions = [...asked.conditions.filter(c => c.field !== "hazardous"), { field: "hazardous", test: "is", value: "true" }]; again();
    } }, word("table.hazardous")) : null);
  const byStatus = make("p", { class: "note", id: "by-status", role: "status" });
  const chips = () => list.replaceChildren(...asked.conditions.map((c, n) => make("li", {},
    `${plain(c.field)} ${word(`test.${c.test}`)} ${kindOf(properties[c.field]) === "truth" && c.value ? valueName(c.value) : inWords(c.value, properties[c.field])}`.trim(),
    make("button", { type: "button", class: "plain", "aria-label": `${word("table.remove")} ${plain(c.field)}`, onclick: () => {
      asked.conditions.splice(n, 1); again(); (list.querySelectorAll("button")[n] ?? field).focus();
    } }, "×"))));

  // --- of which moment
  const at = name => make("input", { id: name, type: "date", max: today, value: asked.then[name] ?? "" });
  const valid = at("valid_at"), known = at("known_at");
  const back = make("button", { type: "button", class: "plain", onclick: () => { valid.value = known.value = ""; asked.then = {}; again(); valid.focus(); } }, word("time_now"));
  const times = dated ? make("form", { class: "row", id: "moment", onsubmit: e => {
    e.preventDefault();
    asked.then = moment({ valid_at: valid.value, known_at: known.value });
    again();
  } }, make("label", { class: "field" }, word("valid_at"), valid), make("label", { class: "field" }, word("known_at"), known),
    make("button", { type: "submit" }, word("apply")), back) : null;
  const told = make("p", { class: "caution", id: "not-now", role: "status", hidden: true });

  // --- the rows
  const count = make("p", { class: "note", role: "status" }, word("loading"));
  const head = make("tr", { role: "row" }), body = make("tbody", { role: "rowgroup" });
  const more = make("button", { type: "button", class: "plain", hidden: true }, word("more"));
  let rows = [], next = null, turn = 0, columns = null;
  const base = `/ogc/collections/${chosen.id}/items`;

  const used = () => names.filter(n => rows.some(r => r.properties[n] !== null && r.properties[n] !== undefined));
  // What still counts as hazardous stands beside the status, however many fields there are.
  const shownColumns = () => {
    if (columns) return columns;
    const first = used().slice(0, MOST_COLUMNS), at = first.indexOf("status");
    if (properties.hazardous && !first.includes("hazardous")) first.splice(at < 0 ? first.length : at + 1, 0, "hazardous");
    return first;
  };
  const pickColumns = make("details", { class: "columns-picked" }, make("summary", {}, word("table.columns")));
  pickColumns.addEventListener("toggle", () => {
    if (!pickColumns.open) return;
    const now = shownColumns();
    pickColumns.replaceChildren(pickColumns.firstChild, make("div", { class: "checks" }, ...names.map(n => make("label", { class: "check" },
      make("input", { type: "checkbox", checked: now.includes(n), onchange: e => {
        const left = new Set(shownColumns());
        if (e.target.checked) left.add(n); else left.delete(n);
        columns = names.filter(x => left.has(x)); draw();
      } }), plain(n)))));
  });
  function draw() {
    const shownNow = shownColumns();
    head.replaceChildren(make("th", { scope: "col", role: "columnheader" }, word("record")), ...shownNow.map(n => make("th", {
      scope: "col", role: "columnheader", "aria-sort": asked.sort === n && !isPast() ? (asked.down ? "descending" : "ascending") : null },
      MARKS.has(n) || isPast() ? make("span", { title: properties[n].title }, plain(n)) : make("button", { type: "button", title: properties[n].title, onclick: () => order(n, asked.sort === n && !asked.down) }, plain(n),
        asked.sort === n ? make("span", { "aria-hidden": "true" }, asked.down ? " ▼" : " ▲") : null))));
    body.replaceChildren(...rows.map(r => make("tr", { role: "row" },
      make("th", { scope: "row", role: "rowheader" }, make("a", { href: `#record/${chosen.id}/${encodeURIComponent(r.id)}` }, r.id)),
      ...shownNow.map(n => make("td", { role: "cell", "data-label": plain(n), class: typeof r.properties[n] === "number" ? "number" : null }, inWords(r.properties[n], properties[n]),
        DECIDED[chosen.id] === n && r.properties.verified === false ? make("strong", { class: "doubt" }, ` (${word(chosen.id === "hazard" ? "row.still_hazardous" : "row.not_signed")})`) : null)))));
    count.textContent = rows.length ? `${number(rows.length)} ${word(next ? "rows_more" : "rows")}` : word("none");
    more.hidden = !next;
  }
  // A page may end early where a filter passes over many rows: it is gone on until there is a page.
  async function load(path, wanted) {
    const mine = ++turn;
    while (path) {
      const page = await ask(path);
      if (mine !== turn) return;
      rows.push(...page.features);
      next = page.links.find(l => l.rel === "next")?.href ?? null;
      if (next) { const u = new URL(next); next = u.pathname + u.search; }
      path = rows.length < wanted ? next : null;
      if (path) count.textContent = `${word("loading")} ${number(rows.length)}`;
    }
    draw();
  }
  const files = make("p", { class: "buttons", id: "files" });
  const isPast = () => Object.keys(asked.then).length > 0;
  function again() {
    const params = query(asked, properties);
    sort.disabled = way.disabled = isPast();
    back.hidden = told.hidden = !isPast();
    told.textContent = isPast() ? word("table.then").replace("{valid}", asked.then.valid_at ?? today).replace("{known}", asked.then.known_at ?? today) : "";
    chips();
    byStatus.textContent = properties.hazardous && asked.conditions.some(c => c.field === "status") ? word("table.by_status") : "";
    const past = new URLSearchParams(asked.then), stamp = Object.values(asked.then).map(day => `-${day}`).join("");
    const text = params.size ? `?${params}` : "";
    const file = (ending, label, how = "") => make("a", { class: `button${how}`, download: `${chosen.id}${stamp}.${ending}`, href: `${base}.${ending}${text}` }, label);
    files.replaceChildren(file("csv", "CSV"), file("xlsx", "XLSX"),
      make("a", { class: "button plain", download: `${chosen.id}${stamp}.parquet`, href: `${base}.parquet${past.size ? `?${past}` : ""}` }, word("table.parquet")),
      ...(about.pages.some(p => p.key === "work") ? [make("a", { class: "button plain", href: "/work" }, word("table.other"))] : []));
    const by = asked.sort ? `${asked.down ? "-" : "+"}${asked.sort}` : "";
    history.replaceState(null, "", `#tables/${[chosen.id, by, asked.conditions.length ? JSON.stringify(asked.conditions) : "", asked.then.valid_at ?? "", asked.then.known_at ?? ""].map(encodeURIComponent).join("/").replace(/\/+$/, "")}`);
    rows = [];
    count.textContent = word("loading");
    params.set("limit", PAGE);
    return load(`${base}?${params}`, PAGE).catch(x => { count.textContent = x.message; body.replaceChildren(); fail(x); });
  }
  function order(by, down) {
    Object.assign(asked, { sort: by, down: Boolean(by) && down });
    sort.value = asked.sort; way.value = asked.down ? "down" : "up";
    const held = document.activeElement?.closest?.("thead th")?.cellIndex;
    again().then(() => { if (held > 0) head.children[held]?.querySelector("button")?.focus(); });
  }
  more.addEventListener("click", () => load(next, rows.length + PAGE).catch(fail));
  place.append(make("h1", {}, kindName(chosen.id, chosen.title)), make("p", { class: "note" }, kindNote(chosen.id, chosen.description)),
    make("div", { class: "row tools" }, make("label", { class: "field" }, word("choose"), pick),
      make("label", { class: "field" }, word("table.order"), sort), make("label", { class: "field" }, word("table.way"), way)),
    ...(times ? [times, told] : []), add, list, byStatus, pickColumns, count,
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": kindName(chosen.id, chosen.title) },
      make("table", { class: "stacks", role: "table", "aria-label": kindName(chosen.id, chosen.title) }, make("thead", { role: "rowgroup" }, head), body)), more,
    make("h2", {}, word("table.files")), make("p", { class: "note" }, word("table.files_words")), files);
  await again();
}
