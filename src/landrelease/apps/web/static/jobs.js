// Long work of the server, on a page: a file that is sent, a job until it is over.

// A file may be large and the line slow: the browser says how much of it is sent.
export const sendFile = (path, data, token, tellShare, failed) => new Promise((done, wrong) => {
  const request = new XMLHttpRequest();
  request.open("POST", path);
  request.setRequestHeader("x-csrf-token", token);
  request.responseType = "json";
  request.upload.addEventListener("progress", e => { if (e.lengthComputable) tellShare(e.loaded / e.total); });
  request.addEventListener("load", () => request.status < 300 ? done(request.response)
    : wrong(new Error(request.response?.description ?? `${failed} (${request.status})`)));
  request.addEventListener("error", () => wrong(new Error(failed)));
  request.send(data);
});

export const alarm = (make, text) => make("p", { class: "error", role: "alert" }, text);

// Sends a form with a file and starts its job; the job's id, or null where that did not work.
export async function started(result, path, data, { make, word, token }) {
  const sent = make("progress", { max: "1", value: "0", "aria-label": word("import.sending") });
  result.replaceChildren(make("section", { class: "card" }, make("p", { role: "status" }, word("import.sending")), sent));
  try { return (await sendFile(path, data, token, share => { sent.value = share; }, word("failed"))).id; }
  catch (x) { result.replaceChildren(alarm(make, x.message)); return null; }
}

// Shows a job until it is over. Its result; null where there is none, and the page says why.
export async function followed(result, id, { ask, make, word, token }, { sure, cancelled }) {
  const bar = make("progress", { max: "1", value: "0", "aria-label": word("job.progress") }), what = make("span", { role: "status" });
  const stop = make("button", { type: "button", class: "plain", onclick: () => {
    if (confirm(sure)) ask(`/jobs/${id}`, { method: "DELETE", headers: { "x-csrf-token": token } }).catch(x => { what.textContent = x.message; });
  } }, word("job.cancel"));
  result.replaceChildren(make("section", { class: "card" }, make("label", { class: "progress" }, bar, what), make("p", {}, stop)));
  let job, wait = 300;
  for (;;) {
    if (!result.isConnected && job) return null; // the person went on to another page
    try { job = await ask(`/jobs/${id}`); } catch (x) {
      if (!job) { result.replaceChildren(alarm(make, x.message)); return null; }
    }
    if (!["waiting", "running"].includes(job.state)) break;
    bar.value = job.share; what.textContent = job.state === "waiting" ? word("job.state.waiting") : job.what;
    await new Promise(done => setTimeout(done, wait));
    wait = Math.min(2_000, wait * 1.3);
  }
  if (job.state === "done") return ask(`/jobs/${id}/result`);
  result.replaceChildren(alarm(make, job.error ? `${job.error.code}: ${job.error.description}` : `${word(`job.state.${job.state}`)}. ${cancelled}`));
  return null;
}
