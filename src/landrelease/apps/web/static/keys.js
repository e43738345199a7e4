// A personal key, made in the browser: Ed25519, its private part locked by a passphrase into a file (PKCS#8,
// PBES2 with PBKDF2 and AES-256-CBC, as `landrelease identity new` writes it). Only the public part is sent.
const ROUNDS = 600_000; // as core/signature.py
const form = document.getElementById("own-key"), said = form?.dataset;
const hex = bytes => [...bytes].map(b => b.toString(16).padStart(2, "0")).join("");
const bytes = text => Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16));

// A value of ASN.1; here none is longer than 65,535 bytes.
function der(tag, ...parts) {
  const content = parts.flatMap(p => [...p]), size = content.length;
  return Uint8Array.from([tag, ...size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255], ...content]);
}
const oid = text => der(0x06, bytes(text));

async function locked(plain, passphrase) {
  const salt = crypto.getRandomValues(new Uint8Array(16)), start = crypto.getRandomValues(new Uint8Array(16));
  const word = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, word, { name: "AES-CBC", length: 256 }, false, ["encrypt"]);
  const content = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv: start }, key, plain));
  const hashing = der(0x30, oid("2a864886f70d0209"), der(0x05)); // hmacWithSHA256
  const rounds = der(0x02, [ROUNDS >> 16, ROUNDS >> 8 & 255, ROUNDS & 255]);
  const derived = der(0x30, oid("2a864886f70d01050c"), der(0x30, der(0x04, salt), rounds, hashing)); // PBKDF2
  const how = der(0x30, oid("60864801650304012a"), der(0x04, start)); // aes256-CBC
  const scheme = der(0x30, oid("2a864886f70d01050d"), der(0x30, derived, how)); // PBES2
  const text = btoa(String.fromCharCode(...der(0x30, scheme, der(0x04, content))));
  const name = "ENCRYPTED PRIVATE KEY";
  return `-----BEGIN ${name}-----\n${text.match(/.{1,64}/g).join("\n")}\n-----END ${name}-----\n`;
}

async function made() {
  if (!globalThis.crypto?.subtle) throw new Error(said.cannot);
  let pair;
  try { pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]); } catch { throw new Error(said.cannot); }
  return [new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)), new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))];
}

form?.addEventListener("submit", async event => {
  event.preventDefault();
  const alert = form.querySelector("[role=alert]"), button = form.querySelector("button"), { passphrase, again, password } = form.elements;
  alert.textContent = "";
  if (passphrase.value !== again.value) { alert.textContent = said.differ; return; }
  button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    const [open, plain] = await made(), file = await locked(plain, passphrase.value);
    plain.fill(0);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", credentials: "same-origin", body: JSON.stringify({ public_key: hex(open), password: password.value }),
      headers: { "content-type": "application/json", "x-csrf-token": document.querySelector("meta[name=csrf]").content } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.description ?? String(answer.status));
    keep(file, told);
  } catch (x) {
    alert.textContent = x.message;
    password.value = "";
  }
  button.disabled = false;
  form.removeAttribute("aria-busy");
});

function keep(file, told) {
  const box = Object.assign(document.createElement("div"), { className: "card once", tabIndex: -1 });
  const p = (...parts) => { const line = document.createElement("p"); line.append(...parts); return line; };
  const save = Object.assign(document.createElement("a"), { className: "button", textContent: said.save, download: "landrelease-key.pem", href: URL.createObjectURL(new Blob([file], { type: "application/x-pem-file" })) });
  const print = Object.assign(document.createElement("code"), { textContent: told.fingerprint, dir: "ltr" });
  box.append(p(said.made), p(`${said.fingerprint}: `, print), p(save, " ", Object.assign(document.createElement("a"), { textContent: said.done, href: told.location })));
  form.replaceWith(box);
  box.focus();
}
