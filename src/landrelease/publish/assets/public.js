// The page for the public: coarse cells, released ground, and what is known about a tapped place.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const words = page.words, data = page.map;
  const $ = (id) => document.getElementById(id);
  const plane = new Plane(data);
  const cells = new Ground(data.cells, plane);
  const released = new Ground(data.released.rings, plane);
  const outlines = new Ground(data.municipalities.rings, plane);
  let tapped = null;

  function when(i) {
    const on = data.released.on[i], depth = data.released.depth[i];
    return say(words, "pub.released", {
      when: on === null ? words["pub.when_nr"] : say(words, "pub.when", { date: on }),
      depth: depth === null ? words["pub.depth_nr"] : say(words, "pub.depth", { depth }),
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
    // A hazard always comes before a release: where both are recorded, the ground is hazardous.
    pick(map, px, py) {
      const [x, y] = map.toWorld(px, py);
      let unsigned = false;
      for (let i = 0; i < cells.count; i++) if (cells.contains(i, x, y)) return { kind: "hazard", x, y };
      for (let i = 0; i < released.count; i++) {
        if (!released.contains(i, x, y)) continue;
        if (data.released.signed[i]) return { kind: "released", i, x, y };
        unsigned = true;
      }
      return { kind: unsigned ? "unsigned" : "blank", x, y };
    },
    hover() {},
    chosen(found) {
      tapped = [found.x, found.y];
      const answer = $("answer");
      answer.className = "answer " + (found.kind === "unsigned" ? "blank" : found.kind);
      answer.textContent = found.kind === "hazard" ? words["pub.hazard"]
        : found.kind === "released" ? when(found.i)
        : found.kind === "unsigned" ? words["pub.unsigned"] : words["pub.blank"];
      map.redraw();
    },
  };
  const map = new GroundMap($("canvas"), data, painter);
  mapButtons(map);
  goTo(map, $("goto"), data.municipalities, outlines);
  document.documentElement.dataset.ready = "yes";
})();
