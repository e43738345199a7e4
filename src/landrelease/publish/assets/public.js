// The page for the public: coarse cells, released ground, and what is known about a tapped place.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const words = page.words, data = page.map;
  const $ = (id) => document.getElementById(id);
  Object.assign(UNITS, page.units);
  const plane = new Plane(data);
  const cells = new Ground(data.cells, plane);
  const released = new Ground(data.released.rings, plane);
  const reported = new Ground(data.reported.rings, plane);
  const outlines = new Ground(data.municipalities.rings, plane);
  const FINGER_PX = 4, ROUNDING_M = 1;
  let tapped = null;

  function when(i) {
    const on = data.released.on[i], depth = data.released.depth[i];
    return say(words, "pub.released", {
      when: on === null ? words["pub.when_nr"] : say(words, "pub.when", { date: dayWords(Date.parse(`${on}T00:00:00Z`)) }),
      depth: depth === null ? words["pub.depth_nr"] : say(words, "pub.depth", {
        depth: number(depth, 0, 9) }),
    });
  }
  const painter = {
    paint(map) {
      const c = map.ctx;
      map.released(released);
      for (const path of map.paths(cells, () => 0).values()) {
        c.globalAlpha = 0.7;
        c.fillStyle = map.colour("public-hazard");
        c.fill(path);
        c.globalAlpha = 0.6;
        c.fillStyle = map.hatch("cross", map.colour("hatch"));
        c.fill(path);
        c.globalAlpha = 1;
        c.strokeStyle = map.colour("open");
        c.lineWidth = map.k > 1 / 160 ? 1.4 : 0.6;
        c.stroke(path);
      }
      // What somebody reported: last, so that neither released nor hazardous ground hides it.
      for (const path of map.paths(reported, () => 0).values()) {
        c.globalAlpha = 0.25;
        c.fillStyle = map.colour("reported");
        c.fill(path);
        c.globalAlpha = 1;
        c.strokeStyle = map.colour("reported");
        c.lineWidth = 2.5;
        c.setLineDash([7, 4]);
        c.stroke(path);
        c.setLineDash([]);
      }
      map.startNames();
      map.municipalities(data.municipalities, outlines, true);
      map.places(data.settlements);
      if (tapped) {
        const x = tapped[0] * map.k + map.tx, y = tapped[1] * map.k + map.ty;
        for (const [colour, width] of [[map.colour("halo"), 6], [map.colour("chosen"), 3]]) {
          c.strokeStyle = colour;
          c.lineWidth = width;
          c.beginPath();
          c.arc(x, y, 9, 0, 7);
          c.stroke();
        }
      }
    },
    // The answer of /public: hazardous where any ground within reach of the finger is; released
    // only where one signed piece holds all of it. A hazard always comes first.
    pick(map, px, py) {
      const [x, y] = map.toWorld(px, py), metres = map.plane.metres(y);
      const reach = (data.place_m + ROUNDING_M) / metres + FINGER_PX / map.k;
      const found = { kind: "blank", x, y, within: Math.ceil(reach * metres), holding: [],
        told: [] };
      for (let i = 0; i < reported.count; i++) {
        if (reported.contains(i, x, y) || reported.edge(i, x, y, reach) <= reach) found.told.push(i);
      }
      for (let i = 0; i < cells.count; i++) {
        if (cells.contains(i, x, y) || cells.edge(i, x, y, reach) <= reach) {
          return { ...found, kind: "hazard" };
        }
      }
      let unsigned = false, partly = false;
      for (let i = 0; i < released.count; i++) {
        const inside = released.contains(i, x, y), near = released.edge(i, x, y, reach) <= reach;
        if (inside && !near && data.released.signed[i]) found.holding.push(i);
        else if (inside && !near) unsigned = true;
        else if (inside || near) partly = true;
      }
      const kind = found.holding.length ? "released" : unsigned ? "unsigned"
        : partly ? "partly" : "blank";
      return { ...found, kind };
    },
    hover() {},
    chosen(found) {
      tapped = [found.x, found.y];
      const answer = $("answer");
      const told = { hazard: "hazard", released: "released" }[found.kind] || "blank";
      answer.className = "answer " + told;
      // The least depth first, an unknown one before all others.
      const depth = (i) => data.released.depth[i] ?? -1;
      const said = found.kind === "released"
        ? [...new Set(found.holding.sort((a, b) => depth(a) - depth(b)).map(when))].join(" ")
        : words["pub." + found.kind];
      const more = [];
      if (found.told.length) {
        const on = found.told.map((i) => data.reported.on[i]).filter(Boolean).sort().pop();
        more.push(say(words, "pub.reported", {
          day: on ? dayWords(Date.parse(`${on}T00:00:00Z`)) : words["pub.day_nr"] }));
        answer.className += " reported";
      }
      if (data.unplaced) more.push(words["pub.unplaced"]);
      answer.textContent = [said, ...more].join(" ") + " " + say(words, "pub.within", { metres: found.within });
      map.redraw();
    },
  };
  const map = new GroundMap($("canvas"), data, painter);
  mapButtons(map);
  goTo(map, $("goto"), data.municipalities, outlines);
  document.documentElement.dataset.ready = "yes";
})();
