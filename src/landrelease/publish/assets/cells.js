// The contamination map: cells in five classes, drawn as the grid lies; class 0 is the highest.
class Cells {
  constructor(data, plane) {
    this.data = data;
    this.wide = Math.ceil(data.columns / data.step) + 1;
    const half = data.nodes.length / 2;
    this.nx = new Float64Array(half);
    this.ny = new Float64Array(half);
    let lon = 0, lat = 0;
    for (let i = 0; i < half; i++) {
      lon += data.nodes[i];
      lat += data.nodes[half + i];
      this.nx[i] = plane.x(lon);
      this.ny[i] = plane.y(lat);
    }
    // A level holds, by row, [first column, end, class, ...]; each has cells of twice the side.
    const rows = Array.from({ length: data.rows }, () => []);
    let at = 0;
    for (let i = 0; i < data.runs.length; i += 2) {
      at += data.runs[i];
      const n = Math.floor(data.runs[i + 1] / 5), row = Math.floor(at / data.columns);
      const first = at - row * data.columns;
      rows[row].push(first, first + n, data.runs[i + 1] % 5);
      at += n;
    }
    this.levels = [rows];
  }

  // World coordinates of a corner of the grid: bilinear between the nodes.
  place(row, column) {
    const s = this.data.step, w = this.wide, high = this.nx.length / w;
    const r = row / s, c = column / s;
    const i = Math.max(0, Math.min(high - 2, Math.floor(r)));
    const j = Math.max(0, Math.min(w - 2, Math.floor(c)));
    const u = r - i, v = c - j, k = i * w + j;
    const a = (1 - u) * (1 - v), b = (1 - u) * v, d = u * (1 - v), e = u * v;
    return [a * this.nx[k] + b * this.nx[k + 1] + d * this.nx[k + w] + e * this.nx[k + w + 1],
      a * this.ny[k] + b * this.ny[k + 1] + d * this.ny[k + w] + e * this.ny[k + w + 1]];
  }

  // Row and column of a place: Newton's method, exact after a few steps on so flat a lattice.
  find(x, y) {
    let r = this.data.rows / 2, c = this.data.columns / 2;
    for (let n = 0; n < 6; n++) {
      const p = this.place(r, c), q = this.place(r + 1, c), s = this.place(r, c + 1);
      const a = q[0] - p[0], b = s[0] - p[0], d = q[1] - p[1], e = s[1] - p[1];
      const det = a * e - b * d;
      r += ((x - p[0]) * e - (y - p[1]) * b) / det;
      c += ((y - p[1]) * a - (x - p[0]) * d) / det;
    }
    return [r, c];
  }

  // Class of the cell at a place, or -1 where there is no value.
  at(x, y) {
    const [r, c] = this.find(x, y), row = this.levels[0][Math.floor(r)];
    for (let i = 0; row && i < row.length; i += 3) {
      if (c >= row[i] && c < row[i + 1]) return row[i + 2];
    }
    return -1;
  }

  // Seen from afar one cell stands for four: it takes the highest chance, nothing is thinned out.
  level(n) {
    while (this.levels.length <= n) {
      const fine = this.levels[this.levels.length - 1], rows = [];
      const columns = Math.ceil(this.data.columns / 2 ** this.levels.length);
      for (let r = 0; r < fine.length; r += 2) {
        const kinds = new Int8Array(columns).fill(9), row = [];
        for (const half of [fine[r], fine[r + 1] || []]) {
          for (let i = 0; i < half.length; i += 3) {
            for (let c = half[i] >> 1; c <= (half[i + 1] - 1) >> 1; c++) {
              if (half[i + 2] < kinds[c]) kinds[c] = half[i + 2];
            }
          }
        }
        for (let c = 0; c < columns; c++) {
          if (kinds[c] === 9) continue;
          const first = c;
          while (c + 1 < columns && kinds[c + 1] === kinds[first]) c++;
          row.push(first, c + 1, kinds[first]);
        }
        rows.push(row);
      }
      this.levels.push(rows);
    }
    return this.levels[n];
  }

  paint(map) {
    let n = 0;
    while (n < 7 && this.data.cell_m * 2 ** n * map.k < 2.5) n++;
    const rows = this.level(n), size = 2 ** n, paths = Array.from({ length: 5 }, () => new Path2D());
    const v = map.view, edges = [[v[0], v[1]], [v[2], v[1]], [v[0], v[3]], [v[2], v[3]]].map(
      ([x, y]) => this.find(x, y));
    const least = (k) => Math.min(...edges.map((e) => e[k])) / size - 2;
    const most = (k) => Math.max(...edges.map((e) => e[k])) / size + 2;
    const [top, bottom, left, right] = [least(0), most(0), least(1), most(1)];
    for (let r = Math.max(0, Math.floor(top)); r < Math.min(rows.length, bottom); r++) {
      const row = rows[r];
      for (let i = 0; i < row.length; i += 3) {
        if (row[i + 1] < left || row[i] > right) continue;
        const path = paths[row[i + 2]];
        // A long run is cut where its edge would no longer follow the lattice.
        for (let c = row[i]; c < row[i + 1]; c += 32) {
          const end = Math.min(row[i + 1], c + 32);
          const corners = [[r, c], [r, end], [r + 1, end], [r + 1, c]];
          corners.forEach(([a, b], k) => {
            const [x, y] = this.place(a * size, b * size);
            path[k ? "lineTo" : "moveTo"](x * map.k + map.tx, y * map.k + map.ty);
          });
          path.closePath();
        }
      }
    }
    // The highest class last: where edges share a pixel it is the one that shows.
    for (let k = 4; k >= 0; k--) {
      map.ctx.fillStyle = map.colour(`g${k + 1}`);
      map.ctx.fill(paths[k]);
    }
  }
}
