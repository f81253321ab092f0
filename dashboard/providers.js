// Providers: how each answers, what was stored of it, and the rows that were refused, to look at, release or forget.

import { html } from "/libraries/preact-htm.js";
import { ask } from "/assets/api.js";
import { useAnswer, usePage } from "/assets/hooks.js";
import { Card, Facts, Head, State, Table, Waiting } from "/assets/parts.js";
import { Quarantine } from "/assets/quarantine.js";
import { figure, instant, percent, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const breakers = { closed: "ok", open: "failed", half_open: "degraded" };

function Provider({ instance, standing }) {
    const { provider, breaker, health, answer_seconds: took, answered, failed, ...more } = standing ?? {};
    return html`<${Card} title=${instance.id} id=${`provider-${instance.id}`}><${Facts} rows=${[
        [t("State"), html`<${State} state=${instance.state} /> ${instance.message}`], [t("Plugin"), instance.plugin], [t("Since (UTC)"), instant(instance.since)],
        ...(standing ? [
            [t("Breaker"), html`<span class=${`state ${breakers[breaker] ?? ""}`}>${t(breaker.replaceAll("_", " "))}</span>`],
            [t("Health"), percent(health, 0).replace("+", "")], [t("Answers in"), t("{n} s", { n: figure(took, 3) })],
            [t("Answered, failed"), `${whole(answered)} · ${whole(failed)}`],
            ...Object.entries(more).map(([name, value]) => [name.replaceAll("_", " "), typeof value === "object" ? JSON.stringify(value) : String(value)]),
        ] : [[t("Requests"), instance.state === "disabled" ? t("switched off in the manifest") : t("none yet")]]),
    ]} /></${Card}>`;
}

export default function Providers() {
    const { instances } = usePage();
    const { data, fault, again } = useAnswer("/api/v2/providers", { seconds: 5, load: (path, options) => ask(path, options) });
    const stocks = useAnswer("/api/v2/stocks", { query: { limit: 10_000 } });
    const providers = instances.filter((one) => one.kind === "provider");
    const counts = {};
    for (const one of stocks.data?.stocks ?? []) for (const source of one.sources) counts[source] = (counts[source] ?? 0) + 1;
    return html`<${Head} title=${t("Providers")} />
        ${!data ? html`<${Waiting} fault=${fault} again=${again} />` : html`
        <div class="grid">${providers.map((one) => html`<${Provider} key=${one.id} instance=${one} standing=${data.providers.find((each) => each.provider === one.id)} />`)}</div>
        <${Card} title=${t("Where instruments come from")} id="sources"><${Table} caption=${t("Where instruments come from")} rows=${Object.entries(counts)} columns=${[
            [t("Provider"), ([name]) => name], [t("Instruments"), ([, count]) => whole(count), "num"],
        ]} /></${Card}>
        <${Quarantine} />`}`;
}
