// Starts the browser's half. In a release it has a first and a later part (.ci/wasm/split.mjs): the first one has all that
// the pages most people begin with need to come alive, the later one follows when those have done so.
((script, wasm, later) => {
  const FIRST = /^\/(|login|today|tasks)$/;

  let first, joined;
  const join = (module) => (joined ??= new WebAssembly.Instance(module, { _: first }));
  const load = (file) => WebAssembly.compileStreaming(file ?? fetch(later)).then(join);

  // The first part calls this where it can't go on without the later one, which is rarely before that has come. A function
  // of WebAssembly can't wait, so the page does. (Such a request gives no bytes, but text that can be one byte each.)
  globalThis.docketLater = () => {
    if (joined) return;
    const request = new XMLHttpRequest();
    request.open("GET", later, false);
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status !== 200) {
      // A newer Docket has taken the place of the one that made this page.
      location.reload();
      throw new Error(`${later}: ${request.status}`);
    }
    join(new WebAssembly.Module(Uint8Array.from(request.responseText, (char) => char.charCodeAt(0) & 0xff)));
  };

  // Whoever selects before the page is alive sees what to select, too (`ui/tasks/bulk.rs`).
  addEventListener("change", ({ target }) => target.id === "selecting" && target.closest(".listing").classList.toggle("picking", target.checked));

  const now = later && !FIRST.test(location.pathname) && fetch(later);
  const start = async () => {
    const program = await import(script);
    first = await program.default({ module_or_path: wasm });
    if (now) await load(now);
    program.hydrate();
    if (!later || now) return;
    // What failed is tried again when there is a connection, and by whoever needs it.
    const attempt = () => load().catch(() => addEventListener("online", attempt, { once: true }));
    (globalThis.requestIdleCallback ?? setTimeout)(attempt);
  };
  return start();
})
