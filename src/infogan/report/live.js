// Keeps a report new while its run goes on, without losing the place where one reads.

const EVERY = 3000;  // milliseconds

let tag = "";

async function renew() {
  try {
    const answer = await fetch("./", { headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.ok) {
      tag = answer.headers.get("ETag") ?? "";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      replace(page);
      document.title = page.title;
    }
  } catch {
    document.title = document.title.replace(/( \(ended\))?$/, " (ended)");
  }
  setTimeout(renew, document.hidden ? 4 * EVERY : EVERY);
}

/** Section by section, so that what is unchanged, opened or scrolled stays as it is. */
function replace(page) {
  const old = document.querySelectorAll("main > *");
  const fresh = page.querySelectorAll("main > *");
  if (old.length !== fresh.length) {
    document.querySelector("main").replaceWith(page.querySelector("main"));
    return;
  }
  fresh.forEach((section, i) => {
    if (section.innerHTML === old[i].innerHTML) return;
    const open = [...old[i].querySelectorAll("details")].map((each) => each.open);
    section.querySelectorAll("details").forEach((each, j) => { each.open = open[j] ?? false; });
    old[i].replaceWith(section);
  });
}

setTimeout(renew, EVERY);
