// The first script: starts the application, or says what keeps it from starting. It needs no library itself.

const needed = { "/libraries/preact-htm.js": "preact and htm" };

function say(lines) {
    const box = document.createElement("div");
    box.className = "boot";
    box.setAttribute("role", "alert");
    for (const [tag, text] of lines) {
        const line = document.createElement(tag);
        line.textContent = text;
        box.append(line);
    }
    document.getElementById("app").replaceChildren(box);
}

async function isMissing(path) {
    try {
        return (await fetch(path, { method: "HEAD" })).status === 404;
    } catch {
        return false;
    }
}

async function start() {
    try {
        const { run } = await import("/assets/app.js");
        run(document.getElementById("app"));
    } catch (fault) {
        for (const [path, name] of Object.entries(needed)) {
            if (await isMissing(path)) {
                return say([
                    ["h1", "Penstock"],
                    ["p", `The dashboard needs ${name}, which is not beside it. Fetch it with:`],
                    ["pre", "make dashboard-libraries"],
                    ["p", "Then load this page again. Everything it shows is also under /api/v2, described at /docs."],
                    ["p", `面板缺少 ${name}。请运行 make dashboard-libraries,然后重新载入本页。`],
                ]);
            }
        }
        say([["h1", "Penstock"], ["p", `The dashboard did not start: ${fault}. Load the page again.`]]);
        throw fault;
    }
}

await start();
