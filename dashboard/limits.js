// What is held against its limits, and the alerts of rules: asked for every few seconds, acknowledged with the token.

import { html, useState } from "/libraries/preact-htm.js";
import { ask, token } from "/assets/api.js";
import { useAnswer } from "/assets/hooks.js";
import { Card, Facts, Fault, Table, TokenGate, Waiting } from "/assets/parts.js";
import { instant, none, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const path = "/api/v2/risk";
const signs = { info: "starting", warning: "degraded", critical: "failed" };

const number = (value, digits = 2) => (value === undefined || value === null ? none : value.toLocaleString(undefined, { maximumFractionDigits: digits }));

/** A number of a rule with its unit. */
function amount(value, unit, currency) {
    if (unit === "currency") return `${number(value)} ${currency}`;
    if (unit === "fraction") return `${number(value * 100)} %`;
    return unit === "seconds" ? `${number(value, 1)} s` : number(value, 4);
}

/** Exposure and what each rule measures; nothing where the manifest has no limits. */
export function Limits() {
    const { data, fault, again } = useAnswer(`${path}/exposure`, { seconds: 2 });
    if (fault?.code === "no_risk") return html`<${Card} title=${t("Limits")} id="limits"><p class="soft">${t("The manifest has no limits: write 'risk' into it.")}</p></${Card}>`;
    if (!data) return html`<${Card} title=${t("Limits")} id="limits"><${Waiting} fault=${fault} again=${again} /></${Card}>`;
    const money = (value) => (value === undefined ? none : `${number(value)} ${data.currency}`);
    const rows = [...data.readings].sort((left, right) => right.value / right.limit - left.value / left.limit);
    return html`<div class="grid"><${Card} title=${t("Exposure")} id="exposure">
        <${Fault} fault=${fault} again=${again} />
        <${Facts} rows=${[
            [t("Positions"), t("{n}, {m} without a price", { n: whole(data.positions), m: whole(data.unpriced) })],
            [t("Gross"), money(data.gross)], [t("Net"), money(data.net)], [t("Equity"), money(data.equity)],
            [t("Loss of the day"), money(data.daily_loss)],
            [t("Drawdown"), data.drawdown === undefined ? none : `${number(data.drawdown * 100)} %`],
            [t("Value at risk, 99 %"), `${money(data.value_at_risk)} · EWMA ${money(data.ewma_value_at_risk)}`],
            [t("Expected shortfall, 99 %"), `${money(data.expected_shortfall)} · EWMA ${money(data.ewma_expected_shortfall)}`],
            [t("Version of the limits"), whole(data.limits_version)],
        ]} /></${Card}>
        <${Card} title=${t("Limits")} id="limits"><${Table} caption=${t("Limits")} rows=${rows} name=${(row) => `${row.rule}/${row.subject}`} empty=${t("No rule has a limit.")} columns=${[
            [t("Rule"), (row) => row.rule], [t("Of"), (row) => row.subject],
            [t("Now"), (row) => amount(row.value, row.unit, data.currency), "num"],
            [t("Limit"), (row) => amount(row.limit, row.unit, data.currency), "num"],
            [t("State"), (row) => html`<span class=${`state ${row.broken ? "failed" : "ok"}`}>${t(row.broken ? "broken" : "within")}</span>`],
        ]} /></${Card}></div>`;
}

/** Alerts of rules that are not resolved, to acknowledge. */
export function RuleAlerts() {
    const { data, fault, again } = useAnswer(`${path}/alerts`, { seconds: 2, query: { state: "open,acknowledged", limit: 200 } });
    const [said, say] = useState(undefined);
    const [needsToken, gate] = useState(false);
    if (fault?.code === "no_risk") return null;
    const acknowledge = async (id) => {
        if (!token.has()) return gate(true);
        try {
            await ask(`${path}/alerts/${id}/acknowledge`, { method: "POST", query: { by: "dashboard" }, signed: true });
            say(undefined);
        } catch (problem) {
            if (problem.code === "proof_required") return gate(true);
            say(problem);
        }
        again();
    };
    return html`<${Card} wide title=${t("Alerts of rules")} id="rule-alerts">
        ${needsToken && html`<${TokenGate} onToken=${() => gate(false)} />`}
        <${Fault} fault=${said ?? fault} again=${again} />
        ${data ? html`<${Table} caption=${t("Alerts of rules")} rows=${data.alerts} name=${(row) => row.id} empty=${t("No rule is broken.")} columns=${[
            [t("Since"), (row) => instant(row.opened_at), "small"],
            [t("Severity"), (row) => html`<span class=${`state ${signs[row.severity] ?? ""}`}>${t(row.severity)}</span>`],
            [t("Rule"), (row) => row.rule], [t("Message"), (row) => row.message],
            [t("Known to"), (row) => (row.state === "open" ? html`<button onClick=${() => acknowledge(row.id)}>${t("Acknowledge")}</button>` : row.acknowledged_by)],
        ]} />
        ${data.sinks.filter((sink) => sink.fault).map((sink) => html`<p class="soft">${t("{sink}: {n} wait. {fault}", { sink: `sink/${sink.sink}`, n: whole(sink.waiting), fault: sink.fault })}</p>`)}` : !fault && html`<${Waiting} />`}
    </${Card}>`;
}
