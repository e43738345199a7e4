// The page for planners: colours by order of work, slider of the plan, table of areas.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const words = page.words, data = page.map, h = data.hazards, plan = data.plan || null;
  const texts = data.texts, total = h.id.length;
  const $ = (id) => document.getElementById(id);
  Object.assign(UNITS, page.units);
  const plane = new Plane(data);
  const hazards = new Ground(h.rings, plane);
  const outcomes = data.outcomes ? new Ground(data.outcomes.rings, plane) : null;
  const outlines = data.municipalities ? new Ground(data.municipalities.rings, plane) : null;
  const cells = data.cells ? new Cells(data.cells, plane) : null;
  const HATCH = { SHA: "diagonal", CHA: "cross", not_reported: "dots" };
  let day = 0, selected = -1, colourBy = "order";
  const shown = {};

  // --- dates
  const start = plan ? Date.parse(plan.start + "T00:00:00Z") : 0;
  function date(d, short) {
    return dayWords(start + d * 86400000, short);
  }
  function stage(d, short) {
    return d === -2 ? words.not_planned : d === -1 ? words.not_within : date(d, short);
  }

  // --- where each area stands on the chosen day: 0 open, 1 worked on, 2 finished
  const WORKED = new Set(["worked_on"]);
  function state(i) {
    if (plan && plan.done[i] >= 0 && plan.done[i] <= day) return 2;
    if (plan && plan.first[i] >= 0 && plan.first[i] <= day && day > 0) return 1;
    return WORKED.has(texts[h.status[i]]) ? 1 : 0;
  }

  // --- five classes, the first one the most urgent
  function quantiles(values) {
    const v = values.filter((x) => x !== null).sort((a, b) => b - a);
    return [0.1, 0.25, 0.5, 0.75].map((q) => v[Math.min(v.length - 1, Math.floor(q * v.length))]);
  }
  const SCALES = {
    order: () => {
      const cut = [0.1, 0.25, 0.5, 0.75, 1].map((q) => Math.max(1, Math.ceil(q * total)));
      return {
        of: (i) => cut.findIndex((c) => h.order[i] <= c),
        labels: cut.map((c, k) => say(words, "first", {
          from: number(k ? cut[k - 1] + 1 : 1), to: number(c) })),
      };
    },
    people: () => byValue(h.people, quantiles(h.people || []), (v) => number(v)),
    chance: () => byValue(h.chance, [0.5, 0.35, 0.2, 0.1], (v) => `${number(v * 100)} %`),
    class: () => ({
      of: (i) => ({ CHA: "cha", SHA: "sha" }[texts[h.class[i]]] || "nr"),
      keys: ["cha", "sha", "nr"],
      labels: [words["class.CHA"], words["class.SHA"], words["class.not_reported"]],
    }),
  };
  function byValue(values, cut, format) {
    return {
      of: (i) => {
        if (values[i] === null) return 4;
        const k = cut.findIndex((c) => values[i] >= c);
        return k < 0 ? 4 : k;
      },
      labels: [...cut.map((c) => "≥ " + format(c)), cut.length ? "< " + format(cut[3]) : ""],
    };
  }
  let scale = SCALES.order();

  const painter = {
    paint(map) {
      const c = map.ctx, on = (name) => shown[name] !== false;
      if (outcomes && on("outcomes")) map.released(outcomes);
      if (cells && shown.cells) cells.paint(map);
      if (on("hazards")) this.hazards(map);
      if (on("lifted")) this.points(map, data.lifted, "lifted");
      if (on("accidents")) this.points(map, data.accidents, "accident");
      map.startNames();
      if (outlines && on("municipalities")) map.municipalities(data.municipalities, outlines, true);
      if (on("settlements")) map.places(data.settlements);
      if (selected >= 0) {
        for (const path of map.paths(hazards, (i) => i === selected ? 0 : null).values()) {
          c.strokeStyle = map.colour("halo");
          c.lineWidth = 7;
          c.stroke(path);
          c.strokeStyle = map.colour("chosen");
          c.lineWidth = 3.5;
          c.stroke(path);
        }
      }
    },
    hazards(map) {
      const c = map.ctx;
      const keys = scale.keys || [0, 1, 2, 3, 4];
      // Finished ones below, the most urgent on top.
      const groups = map.paths(hazards, (i) =>
        `${state(i)}|${scale.of(i)}|${HATCH[texts[h.class[i]]] || "dots"}`);
      const rank = (key) => {
        const [s, f] = key.split("|");
        return (s === "2" ? 0 : 10) + (5 - keys.findIndex((k) => String(k) === f));
      };
      // How heavy outline and hatch are follows the scale, so that the fill stays visible.
      const large = map.k > 1 / 45, thin = map.k < 1 / 130, outlined = cells && shown.cells;
      for (const [key, path] of [...groups].sort((a, b) => rank(a[0]) - rank(b[0]))) {
        const [s, f, hatch] = key.split("|");
        const finished = s === "2";
        // Every cell that an area touches has a colour: from afar the cells alone stand for it.
        if (outlined && !large) continue;
        c.globalAlpha = finished ? 0.35 : scale.keys ? 0.5 : large ? 0.72 : 0.95;
        c.fillStyle = finished ? map.colour("closed-fill")
          : map.colour(scale.keys ? `class-${f}` : `p${Number(f) + 1}`);
        if (!outlined) c.fill(path);
        if (large && !outlined) {
          c.globalAlpha = finished ? 0.5 : 0.55;
          c.fillStyle = map.hatch(finished ? "level" : hatch,
            map.colour(finished ? "closed-casing" : "hatch"));
          c.fill(path);
        }
        c.globalAlpha = 1;
        if (s === "2") {
          c.strokeStyle = map.colour("closed-casing");
          c.lineWidth = large ? 3 : 2;
          c.stroke(path);
        }
        c.strokeStyle = map.colour(["open", "worked", "closed"][Number(s)]);
        c.lineWidth = large ? 1.6 : thin ? 0.5 : 0.9;
        if (s === "1") {
          c.save();
          c.strokeStyle = map.colour("worked-casing");
          c.lineWidth = large ? 3.2 : 1.8;
          c.stroke(path);
          c.restore();
          c.setLineDash([5, 3]);
          c.lineWidth = large ? 2.2 : 1.2;
        }
        c.stroke(path);
        c.setLineDash([]);
      }
    },
    points(map, xy, kind) {
      if (!xy) return;
      const c = map.ctx, size = map.k > 1 / 120 ? 6 : map.k > 1 / 400 ? 4 : 2.6;
      c.lineWidth = size > 3 ? 1.6 : 1;
      for (let j = 0; j < xy.length; j += 2) {
        const x = plane.x(xy[j]) * map.k + map.tx, y = plane.y(xy[j + 1]) * map.k + map.ty;
        if (x < -9 || y < -9 || x > map.width + 9 || y > map.height + 9) continue;
        c.beginPath();
        if (kind === "accident") {
          c.moveTo(x, y - size);
          c.lineTo(x + size, y + size * 0.8);
          c.lineTo(x - size, y + size * 0.8);
          c.closePath();
          c.fillStyle = map.colour("accident");
          c.strokeStyle = map.colour("halo");
          c.fill();
          c.stroke();
        } else {
          c.rect(x - size * 0.75, y - size * 0.75, size * 1.5, size * 1.5);
          c.strokeStyle = map.colour("halo");
          c.lineWidth = 3;
          c.stroke();
          c.strokeStyle = map.colour("lifted");
          c.lineWidth = size > 3 ? 1.6 : 1;
          c.stroke();
        }
      }
    },
    pick(map, px, py) {
      const [x, y] = map.toWorld(px, py), near = 6 / map.k, b = hazards.box;
      const point = (xy) => {
        for (let j = 0; xy && j < xy.length; j += 2) {
          if (Math.hypot(plane.x(xy[j]) - x, plane.y(xy[j + 1]) - y) < near) return true;
        }
        return false;
      };
      if (map.k > 1 / 120) {
        if (shown.accidents !== false && point(data.accidents)) return { kind: "accident" };
        if (shown.lifted !== false && point(data.lifted)) return { kind: "lifted_point" };
      }
      let best = null, first = Infinity;
      if (shown.hazards !== false) {
        for (let i = 0; i < total; i++) {
          if (h.order[i] >= first) continue;
          const small = (Math.max(b[4 * i + 2] - b[4 * i], b[4 * i + 3] - b[4 * i + 1])) < 12 / map.k;
          const hit = small
            ? Math.abs((b[4 * i] + b[4 * i + 2]) / 2 - x) < near &&
              Math.abs((b[4 * i + 1] + b[4 * i + 3]) / 2 - y) < near
            : hazards.contains(i, x, y);
          if (hit) {
            best = { kind: "hazard", i };
            first = h.order[i];
          }
        }
      }
      const cell = cells && shown.cells ? cells.at(x, y) : -1;
      if (best) return { ...best, cell };
      if (cell >= 0) return { kind: "cell", cell };
      if (outcomes && shown.outcomes !== false) {
        for (let i = 0; i < outcomes.count; i++) {
          if (outcomes.contains(i, x, y)) return { kind: "outcome", i };
        }
      }
      return null;
    },
    text(found) {
      if (!found) return words.nothing_here;
      if (found.kind === "hazard") {
        const i = found.i, name = texts[h.m[i]];
        return `${h.id[i]}${name ? " · " + name : ""} · ${areaWords(h.area[i])}` +
          ` · ${words["rank_" + page.order]} ${h.order[i]}` +
          (found.cell >= 0 ? ` · ${this.cell(found.cell)}` : "");
      }
      if (found.kind === "cell") return this.cell(found.cell);
      if (found.kind === "outcome") {
        const kind = words["kind." + data.outcomes.kind[found.i]] || words["kind.not_reported"];
        return say(words, "outcome", { kind }) + ". " + words.outcome_overlap;
      }
      return words[found.kind];
    },
    cell(k) {
      const limits = data.cells.limits;
      const text = k === 0 ? say(words, "cell_high", { least: limits[0] })
        : k === limits.length ? say(words, "cell_low", { most: limits[k - 1] })
        : say(words, "cell", { low: limits[k], high: limits[k - 1] });
      return data.cells.prior === "none" ? text : `${text} (${words.prior})`;
    },
    hover(found, at) {
      const tip = $("tip");
      tip.hidden = !found;
      if (!found) return;
      tip.textContent = this.text(found);
      tip.style.left = Math.max(4, Math.min(at[0] + 14, map.width - tip.offsetWidth - 6)) + "px";
      tip.style.top = Math.min(at[1] + 14, map.height - tip.offsetHeight - 6) + "px";
    },
    chosen(found) {
      if (found && found.kind === "hazard") return choose(found.i, false);
      selected = -1;
      $("detail").replaceChildren(element("p", { class: "hint" }, this.text(found)));
      map.redraw();
      return undefined;
    },
  };

  // --- what is known about one area
  function range(low, high, format) {
    return `${format(low)} – ${format(high)}`;
  }
  const percent = (v) => number(v * 100);
  function choose(i, move) {
    selected = i;
    const rows = [];
    const add = (key, value, note) => {
      if (value === null || value === undefined || value === "") return;
      rows.push(element("dt", null, words[key] || key));
      const dd = element("dd", null, value);
      if (note) dd.append(element("small", null, " " + note));
      rows.push(dd);
    };
    const state = (map, key) => words[`${map}.${key}`] || key;
    add("rank_" + page.order, `${number(h.order[i])} / ${number(total)}`);
    add("municipality", texts[h.m[i]] || page.nowhere);
    add("area_label", areaWords(h.area[i]));
    add("class", state("class", texts[h.class[i]]));
    add("status", state("status", texts[h.status[i]]));
    if (h.people) {
      add("people", h.people[i] === null ? words.none_value : number(h.people[i]),
        h.people[i] === null ? "" : `(${range(h.people_low[i], h.people_high[i], number)})`);
      add("chance", h.chance[i] === null ? words.none_value : `${percent(h.chance[i])} %`,
        h.chance[i] === null ? "" : `(${range(h.chance_low[i], h.chance_high[i], percent)} %)` +
          (h.is_prior[i] ? ` ${words.chance_prior}` : ""));
      if (h.inside && h.inside[i] !== null) {
        add("accidents", say(words, "accidents_value", { inside: h.inside[i], near: h.near[i] }));
      }
      if (h.lifted && h.lifted[i] !== null) add("lifted", number(h.lifted[i]));
      if (h.overlap[i]) add("overlap", say(words, "overlap_value", { area: areaWords(h.overlap[i]) }));
      if (h.next[i] !== null) add("next", texts[h.next[i]], `(${words.next_note})`);
      if (h.why[i].length) add("why", h.why[i].map((k) => texts[k]).join(" "));
    }
    if (plan) {
      const count = plan.task_from[i + 1] - plan.task_from[i];
      add("nts", stage(plan.nts[i]));
      add("ts", stage(plan.ts[i]), count > 1 ? `(${say(words, "tasks", { count })})` : "");
      add("clearance", stage(plan.clearance[i]));
      add("modes", plan.hazard_modes[i].map((k) => plan.modes[k]).join(", "));
      if (plan.teams) add("teams", plan.hazard_teams[i].map((k) => plan.teams[k]).join(", "));
    }
    const zoom = element("button", { type: "button" }, words.zoom_to);
    zoom.addEventListener("click", () => zoomTo(i));
    $("detail").replaceChildren(
      element("h3", { id: "detail-title" }, h.id[i]), element("dl", null, ...rows), zoom);
    if (move) zoomTo(i);
    map.redraw();
  }
  function zoomTo(i) {
    const b = hazards.box, x = (b[4 * i] + b[4 * i + 2]) / 2, y = (b[4 * i + 1] + b[4 * i + 3]) / 2;
    const r = Math.max(b[4 * i + 2] - b[4 * i], b[4 * i + 3] - b[4 * i + 1], 600);
    map.fit([x - r, y - r, x + r, y + r]);
  }

  const map = new GroundMap($("canvas"), data, painter);
  mapButtons(map);
  goTo(map, $("goto"), data.municipalities, outlines);
  for (const box of document.querySelectorAll("[data-layer]")) {
    const layer = box.dataset.layer;
    const change = () => {
      shown[layer] = box.checked;
      if ($(`${layer}-legend`)) $(`${layer}-legend`).hidden = !box.checked;
      map.redraw();
    };
    change();
    box.addEventListener("change", change);
  }
  function legend() {
    const ramp = $("ramp");
    ramp.replaceChildren();
    const keys = scale.keys || [0, 1, 2, 3, 4];
    keys.forEach((k, n) => {
      const name = scale.keys ? `class-${k}` : `p${k + 1}`;
      ramp.append(element("li", null, element("span", { class: `swatch fill-${name}` }),
        scale.labels[n]));
    });
  }
  $("colour").addEventListener("change", (ev) => {
    colourBy = ev.target.value;
    scale = SCALES[colourBy]();
    legend();
    map.redraw();
  });
  scale = SCALES[colourBy]();
  legend();

  // --- the slider
  const ha = (m2) => `${number(m2 / 1e4, m2 > 0 && m2 < 1e6 ? 1 : 0)} ${unit("ha")}`;
  // Two figures are enough for an expectation over uncertain places.
  function rough(v) {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(v, 1))) - 1);
    return number(Math.ceil(v / step - 1e-9) * step);
  }
  function peopleNow() {
    if (plan.reach) {
      const r = plan.reach, now = { count: r.day.length, open: 0, people: 0, unknown: 0 };
      r.day.forEach((d, i) => {
        if (d < 0 || d > day) return;
        now.open++;
        if (r.people[i] === null) now.unknown++;
        else now.people += r.people[i];
      });
      return [say(words, "now_people", { people: number(now.people) }),
        say(words, "now_reached", { open: number(now.open), count: number(now.count) }) +
          (now.unknown ? " " + say(words, "now_unknown", { count: number(now.unknown) }) : "")];
    }
    if (!h.people) return null;
    let sum = 0;
    for (let i = 0; i < total; i++) if (state(i) === 2) sum += h.people[i] || 0;
    return [sum ? say(words, "now_most", { people: rough(sum) }) : "0", words.now_near];
  }
  let telling = 0;
  function stateText() {
    let done = 0, work = 0;
    for (let i = 0; i < total; i++) {
      const s = state(i);
      if (s === 2) done++;
      if (s === 1) work++;
    }
    const c = plan.curve, parts = {};
    let j = -1;
    while (j + 1 < c.day.length && c.day[j + 1] <= day) j++;
    for (const name of ["cancelled", "reduced", "cleared"]) parts[name] = j < 0 ? 0 : c[name][j];
    const sum = parts.cancelled + parts.reduced + parts.cleared;
    const facts = { date: date(day), done: number(done), total: number(total), work: number(work),
      open: number(total - done - work), sum: ha(sum), whole: ha(page.whole_m2),
      cancelled: ha(parts.cancelled), reduced: ha(parts.reduced), cleared: ha(parts.cleared) };
    const people = peopleNow(), now = {
      areas: [say(words, "now_areas", facts), say(words, "now_work", facts)],
      given: [say(words, "now_given", facts), say(words, "now_parts", facts)], people };
    for (const [key, pair] of Object.entries(now)) {
      if (!pair || !$("now-" + key)) continue;
      $("now-" + key).textContent = pair[0];
      $("note-" + key).textContent = pair[1];
    }
    $("date").textContent = facts.date;
    $("day").setAttribute("aria-valuetext",
      say(words, "value", facts) + (people ? " " + people.join(" ") : ""));
    // Said aloud once the slider rests, not at every step of it.
    clearTimeout(telling);
    telling = setTimeout(() => {
      $("state").textContent = say(words, "state", facts) + " " + say(words, "area", facts) +
        (people ? ` ${words.people_by_then}: ${people.join(" ")}` : "");
    }, 300);
    $("bar-done").style.width = 100 * done / Math.max(1, total) + "%";
    $("bar-work").style.width = 100 * work / Math.max(1, total) + "%";
  }
  function years() {
    const first = new Date(start).getUTCFullYear();
    const last = new Date(start + plan.days * 86400000).getUTCFullYear();
    const step = Math.max(1, Math.ceil((last - first) / 6));
    for (let y = first + 1; y <= last; y++) {
      if ((y - first - 1) % step) continue;
      const mark = element("span", null, y), at = (Date.UTC(y, 0, 1) - start) / 86400000 / plan.days;
      mark.style.left = `calc(${100 * at}% + ${8 - 16 * at}px)`; // the thumb is 16 px wide
      if (at > 0.02 && at < 0.98) $("years").append(mark);
    }
  }
  if (plan) {
    const slider = $("day"), play = $("play");
    let playing = 0;
    const set = (d) => {
      day = Math.max(0, Math.min(plan.days, d));
      slider.value = day;
      stateText();
      map.redraw();
    };
    slider.max = plan.days;
    years();
    slider.addEventListener("input", () => {
      // The last step may be short of the plan's last day.
      day = plan.days - slider.value < slider.step ? plan.days : Number(slider.value);
      stateText();
      map.redraw();
    });
    // Arrows move by a week, Page Up and Page Down by 52, Home and End to the ends.
    slider.addEventListener("keydown", (ev) => {
      const move = { PageUp: 364, PageDown: -364 }[ev.key];
      if (!move || ev.ctrlKey || ev.metaKey || ev.altKey) return;
      ev.preventDefault();
      set(day + move);
    });
    play.addEventListener("click", () => {
      const stop = () => {
        clearInterval(playing);
        playing = 0;
        play.textContent = words.play;
        play.setAttribute("aria-pressed", "false");
      };
      if (playing) return stop();
      if (day >= plan.days) set(0);
      play.textContent = words.stop;
      play.setAttribute("aria-pressed", "true");
      const step = Math.max(7, Math.round(plan.days / 240));
      playing = setInterval(() => {
        set(day + step);
        if (day >= plan.days) stop();
      }, 60);
      return undefined;
    });
    set(0);
  }

  // --- the table of areas
  const PAGE = matchMedia("(max-width: 760px)").matches ? 10 : 50; // rows are cards on a phone
  const body = $("areas-body");
  let sort = { key: "order", up: true }, from = 0, rows = [];
  const COLUMNS = JSON.parse(document.getElementById("columns").textContent);
  const value = {
    order: (i) => h.order[i], id: (i) => h.id[i], municipality: (i) => texts[h.m[i]],
    area: (i) => h.area[i], people: (i) => h.people[i], prior: (i) => h.chance[i],
    nts: (i) => last(plan.nts[i]), ts: (i) => last(plan.ts[i]),
    clearance: (i) => last(plan.clearance[i]), why: (i) => why(i),
  };
  const last = (d) => d < 0 ? 1e9 - d : d; // "not within the plan" sorts after every date
  // What holds for every area stands once above the table.
  const everywhere = new Set(h.why && h.why.length ? h.why[0].filter(
    (k) => h.why.every((reasons) => reasons.includes(k))) : []);
  const why = (i) => h.why
    ? h.why[i].filter((k) => !everywhere.has(k)).map((k) => texts[k]).join(" ") : "";
  const show = {
    order: (i) => number(h.order[i]), municipality: (i) => texts[h.m[i]] || page.nowhere,
    area: (i) => number(h.area[i] / 1e4, 1),
    people: (i) => h.people[i] === null ? words.none_value
      : `${number(h.people[i])} (${range(h.people_low[i], h.people_high[i], number)})`,
    prior: (i) => h.chance[i] === null ? words.none_value
      : `${percent(h.chance[i])} (${range(h.chance_low[i], h.chance_high[i], percent)})` +
        (h.is_prior[i] ? ` ${words.prior}` : ""),
    nts: (i) => stage(plan.nts[i], true), ts: (i) => stage(plan.ts[i], true),
    clearance: (i) => stage(plan.clearance[i], true), why,
  };
  const searchable = h.id.map((id, i) => `${id} ${texts[h.m[i]]} ${why(i)}`.toLowerCase());
  const names = [...new Set(h.m.map((k) => texts[k]))].sort((a, b) => a.localeCompare(b));
  for (const name of names) {
    $("filter-municipality").append(element("option", { value: "=" + name }, name || page.nowhere));
  }
  function filter() {
    const wanted = $("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const where = $("filter-municipality").value;
    const when = $("filter-stage") ? $("filter-stage").value : "";
    rows = [];
    for (let i = 0; i < total; i++) {
      if (where && "=" + texts[h.m[i]] !== where) continue;
      if (when === "never" && plan.done[i] >= 0) continue;
      if (when && when !== "never" && !(plan.done[i] >= 0 && plan.done[i] <= 365.25 * when)) continue;
      if (wanted.every((w) => searchable[i].includes(w))) rows.push(i);
    }
    const get = value[sort.key], sign = sort.up ? 1 : -1;
    const keyed = rows.map((i) => [get(i), i]);
    keyed.sort((a, b) => {
      if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null);
      const c = typeof a[0] === "string" ? a[0].localeCompare(b[0], "en", { numeric: true }) : a[0] - b[0];
      return sign * c || h.order[a[1]] - h.order[b[1]];
    });
    rows = keyed.map((k) => k[1]);
    from = 0;
    table();
  }
  function table() {
    const part = rows.slice(from, from + PAGE);
    body.replaceChildren(...part.map((i) => {
      const cells = COLUMNS.map((c) => {
        const attributes = { "data-label": c.label, class: c.class };
        if (c.key !== "id") return element("td", attributes, show[c.key](i));
        const b = element("button", { type: "button", class: "link" }, h.id[i]);
        b.addEventListener("click", () => {
          choose(i, true);
          $("map").scrollIntoView({ block: "start" });
        });
        return element("th", { scope: "row", ...attributes }, b);
      });
      return element("tr", null, ...cells);
    }));
    $("count").textContent = rows.length ? say(words, "showing", { from: number(from + 1),
      to: number(from + part.length), count: number(rows.length) }) : words.nothing;
    $("previous").disabled = from === 0;
    $("next").disabled = from + PAGE >= rows.length;
  }
  $("search").addEventListener("input", filter);
  for (const id of ["filter-municipality", "filter-stage"]) {
    if ($(id)) $(id).addEventListener("change", filter);
  }
  $("previous").addEventListener("click", () => {
    from = Math.max(0, from - PAGE);
    table();
  });
  $("next").addEventListener("click", () => {
    from += PAGE;
    table();
  });
  for (const b of document.querySelectorAll("[data-sort]")) {
    b.addEventListener("click", () => {
      sort = { key: b.dataset.sort, up: sort.key === b.dataset.sort ? !sort.up : true };
      for (const o of document.querySelectorAll("[data-sort]")) {
        o.closest("th").setAttribute("aria-sort",
          o !== b ? "none" : sort.up ? "ascending" : "descending");
      }
      filter();
    });
  }
  filter();
  document.documentElement.dataset.ready = "yes";
})();
