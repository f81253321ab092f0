// Requests to the host. A refusal becomes a Refused with the host's own words.

const tokenKey = "penstock.token";

export class Refused extends Error {
    constructor(status, code, message) {
        super(message);
        this.status = status;
        this.code = code;
    }
}

/** Who the host takes this browser for; `required` where it answers nobody it does not know. */
export const session = { required: false, name: null, role: null, csrf: null };

/** Told when the host knows this browser, or does not any more. */
const changed = (facts) => {
    Object.assign(session, facts);
    dispatchEvent(new Event("penstock-session"));
};

export const who = async () => changed(await ask("/api/v2/session"));
export const login = async (key) => changed(await ask("/api/v2/session", { method: "POST", body: JSON.stringify({ key: key.trim() }) }));
export const logout = async () => changed(await ask("/api/v2/session", { method: "DELETE" }));

/** The text of control/token; kept for this tab alone, since each start of the host makes another. */
export const token = {
    /** Whether this browser can sign: it has the token, or is logged in. */
    has: () => session.name !== null || token.get() !== "",
    get: () => sessionStorage.getItem(tokenKey) ?? "",
    set: (text) => sessionStorage.setItem(tokenKey, text.trim()),
    clear: () => sessionStorage.removeItem(tokenKey),
};

/** Asks the host and returns the JSON of its answer. `signed` shows the token. */
export async function ask(path, { method = "GET", query = {}, body, signed = false, signal, statuses = [] } = {}) {
    const values = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    const target = values.length ? `${path}?${new URLSearchParams(values)}` : path;
    const headers = { Accept: "application/json" };
    if (signed && session.name === null) headers.Authorization = `Bearer ${token.get()}`;
    if (session.csrf && method !== "GET") headers["X-CSRF-Token"] = session.csrf;
    let answer;
    try {
        answer = await fetch(target, { method, headers, body, signal, cache: "no-cache" });
    } catch (fault) {
        if (fault.name === "AbortError") throw fault;
        throw new Refused(0, "unreachable", "The host does not answer.");
    }
    const json = await answer.json().catch(() => null);
    if (answer.ok || statuses.includes(answer.status)) return json;
    // The session has ended: the frame shows the login.
    if (json?.error?.code === "unauthenticated" && session.name !== null) changed({ required: true, name: null, csrf: null });
    throw new Refused(answer.status, json?.error?.code ?? "", json?.error?.message ?? `HTTP ${answer.status}`);
}

/** Every page of a list, up to `most` rows. */
export async function askAll(path, key, { query = {}, most = 10_000, ...options } = {}) {
    const rows = [];
    let cursor;
    do {
        const page = await ask(path, { query: { ...query, cursor }, ...options });
        rows.push(...page[key]);
        cursor = page.next_cursor;
    } while (cursor && rows.length < most);
    return rows;
}

/** An instrument as a part of a path. */
export const stock = (instrument, rest = "") => `/api/v2/stocks/${encodeURIComponent(instrument)}${rest}`;
