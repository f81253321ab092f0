// The versions of a model: what each is used for, how they do beside each other, and to promote, roll back or retire them.

import { html, useMemo, useState } from "/libraries/preact-htm.js";
import { ask, askAll, token } from "/assets/api.js";
import { useAnswer } from "/assets/hooks.js";
import { Card, Confirm, Fault, Table, TokenGate, Waiting } from "/assets/parts.js";
import { figure, instant, percent, whole } from "/assets/format.js";
import { figures } from "/assets/outcomes.js";
import { t } from "/assets/words.js";

const signs = { champion: "ok", shadow: "starting", candidate: "stopped", retired: "disabled" };
const Stage = ({ stage }) => html`<span class=${`state ${signs[stage] ?? ""}`}>${t(stage)}</span>`;

/** What can be asked of a version: [what, title, danger]. A champion is rolled back to one that served before. */
const actions = (row, versions) => [
    ["candidate", "shadow"].includes(row.stage) && ["promote", t("Let it serve")],
    row.stage === "candidate" && ["shadow", t("Let it shadow")],
    row.stage === "champion" && versions.some((one) => one.stage === "candidate") && ["rollback", t("Roll back")],
    ["candidate", "shadow"].includes(row.stage) && ["retire", t("Retire"), true],
].filter(Boolean);

const titles = {
    promote: "Let version {n} serve?", shadow: "Let version {n} shadow?", rollback: "Let the version before {n} serve again?", retire: "Retire version {n} for good?",
};

export function Versions({ model, pipeline }) {
    const base = `/api/v2/ai/models/${encodeURIComponent(model)}`;
    const { data, fault, again } = useAnswer(`${base}/history`, { query: { pipeline }, seconds: 15, load: (path, options) => ask(path, options) });
    const [asked, setAsked] = useState(undefined);
    const [said, say] = useState(undefined);
    const [needsToken, gate] = useState(false);
    if (fault?.code === "no_versions") return html`<p class="soft">${fault.message}</p>`;
    if (!data) return html`<${Waiting} fault=${fault} again=${again} />`;
    const champion = data.versions.find((row) => row.stage === "champion")?.version ?? 0;
    const begin = (what, version) => (token.has() ? setAsked({ what, version }) : gate(true));
    const act = async (reason) => {
        const { what, version } = asked;
        setAsked(undefined);
        const query = { pipeline, champion, reason, stage: what === "shadow" ? "shadow" : undefined };
        const path = what === "rollback" ? `${base}/rollback` : `${base}/versions/${version}/${what === "retire" ? "retire" : "promote"}`;
        try {
            await ask(path, { method: "POST", query, signed: true });
            say(undefined);
        } catch (problem) {
            if (problem.code === "proof_required") gate(true);
            say(problem);
        }
        again();
    };
    return html`${needsToken && html`<${TokenGate} fault=${said} onToken=${() => gate(false)} />`}<${Fault} fault=${said ?? fault} again=${again} />
        <${Table} caption=${t("Versions")} rows=${data.versions} name=${(row) => row.version} empty=${t("No version is stored.")} columns=${[
            [t("Version"), (row) => html`<b>${row.version}</b>`, "num"], [t("Stage"), (row) => html`<${Stage} stage=${row.stage} />`],
            [t("Made (UTC)"), (row) => `${instant(row.made_at)} · ${row.made_by}`, "small"], ["Rank IC", (row) => figure(row.rank_ic), "num"], ["IC", (row) => figure(row.ic), "num"], ["R²", (row) => figure(row.r2), "num"],
            [t("Direction right"), (row) => percent(row.directional_accuracy, 1).replace("+", ""), "num"], [t("Leakage gate"), (row) => t(`gate ${row.leakage ?? "none"}`)],
            [t("Change"), (row) => html`<span class="row">${actions(row, data.versions).map(([what, title, danger]) => html`<button class=${danger ? "danger" : ""} onClick=${() => begin(what, row.version)}>${title}</button>`)}</span>`],
        ]} />
        <${Beside} model=${model} pipeline=${pipeline} versions=${data.versions} />
        <h3>${t("What was changed")}</h3><${Table} caption=${t("What was changed")} rows=${data.history} columns=${[
            [t("Time (UTC)"), (row) => instant(row.at), "small"], [t("Version"), (row) => row.version, "num"], [t("To"), (row) => html`<${Stage} stage=${row.to} />`], [t("By"), (row) => row.by], [t("Reason"), (row) => row.reason],
        ]} />
        ${asked && html`<${Ask} ...${asked} onYes=${act} onNo=${() => setAsked(undefined)} />`}`;
}

/** The question with its reason, which is kept in the history. */
function Ask({ what, version, onYes, onNo }) {
    const [reason, set] = useState("");
    return html`<${Confirm} title=${t(titles[what], { n: version })} danger=${what === "retire"} yes=${t("Do it")} onYes=${() => reason.trim() && onYes(reason.trim())} onNo=${onNo}>
        <p><label>${t("Reason, kept in the history")} <input required size="40" value=${reason} onInput=${(event) => set(event.target.value)} /></label></p></${Confirm}>`;
}

/** Champion and shadows on what came since both predict. */
function Beside({ model, pipeline, versions }) {
    const isShadowed = versions.some((row) => row.stage === "shadow");
    const load = (path, options) => askAll(path, "outcomes", { ...options, most: 60_000 });
    const own = useAnswer(isShadowed ? "/api/v2/ai/outcomes" : undefined, { query: { model, pipeline, stage: "champion", limit: 10_000 }, load });
    const others = useAnswer(isShadowed ? "/api/v2/ai/outcomes" : undefined, { query: { model, pipeline, stage: "shadow", limit: 10_000 }, load });
    const rows = useMemo(() => {
        const shadows = others.data ?? [];
        const key = (row) => `${row.instrument} ${row.predicted_at}`;
        const both = new Set(shadows.map(key));
        const groups = Map.groupBy([...(own.data ?? []).filter((row) => both.has(key(row))), ...shadows], (row) => `${row.stage} ${row.version}`);
        return [...groups].map(([name, list]) => ({ stage: name.split(" ")[0], version: name.split(" ")[1], ...figures(list) }));
    }, [own.data, others.data]);
    if (!isShadowed) return null;
    return html`<h3>${t("Champion beside challenger")}</h3><${Table} caption=${t("Champion beside challenger")} rows=${rows} empty=${t("No outcome of a shadow is known yet.")} columns=${[
        [t("Version"), (row) => row.version, "num"], [t("Stage"), (row) => html`<${Stage} stage=${row.stage} />`], [t("Outcomes"), (row) => whole(row.count), "num"], ["IC", (row) => figure(row.ic, 3), "num"],
        [t("Direction right"), (row) => percent(row.hits, 1).replace("+", ""), "num"], [t("Mean absolute error"), (row) => figure(row.error), "num"],
    ]} />`;
}
