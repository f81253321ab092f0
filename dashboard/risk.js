// Risk: what is held against its limits, the alerts of rules, and all alerts as they come.

import { html, useMemo, useState } from "/libraries/preact-htm.js";
import { Card, Head, Table, Waiting } from "/assets/parts.js";
import { AlertList, useAlerts } from "/assets/alerts.js";
import { Limits, RuleAlerts } from "/assets/limits.js";
import { useCounters } from "/assets/counters.js";
import { whole } from "/assets/format.js";
import { t } from "/assets/words.js";

export default function Risk() {
    const alerts = useAlerts();
    const counters = useCounters();
    const [severity, set] = useState("");
    const rules = useMemo(() => (counters.pipelines ?? []).flatMap((one) => Object.entries(one.alerts).map(([rule, count]) => ({ pipeline: one.pipeline, rule, count }))), [counters.pipelines]);
    const flagged = (counters.pipelines ?? []).flatMap((one) => one.models.flatMap((model) => Object.entries(model.flagged ?? {}).map(([flag, count]) => ({ pipeline: one.pipeline, model: model.model, flag, count }))));
    const shown = severity ? alerts.filter((one) => one.severity === severity) : alerts;
    return html`<${Head} title=${t("Risk")} />
        <${RuleAlerts} /><${Limits} />
        <${Card} wide title=${t("Alerts")} id="alerts" tools=${html`<label>${t("Severity")} <select value=${severity} onChange=${(event) => set(event.target.value)}>
            <option value="">${t("all")}</option>${["info", "warning", "critical"].map((name) => html`<option value=${name}>${t(name)}</option>`)}</select></label>`}>
            <${AlertList} alerts=${shown} /></${Card}>
        <div class="grid"><${Card} title=${t("Rules that have spoken")} id="rules">${counters.pipelines ? html`<${Table} caption=${t("Rules that have spoken")} rows=${rules} empty=${t("None since the host started.")} columns=${[
            [t("Rule"), (row) => row.rule], [t("Pipeline"), (row) => row.pipeline], [t("Alerts"), (row) => whole(row.count), "num"],
        ]} />` : html`<${Waiting} />`}</${Card}>
        <${Card} title=${t("Flagged predictions")} id="flagged"><${Table} caption=${t("Flagged predictions")} rows=${flagged} empty=${t("None since the host started.")} columns=${[
            [t("Model"), (row) => row.model], [t("Pipeline"), (row) => row.pipeline], [t("Flag"), (row) => t(row.flag.replaceAll("_", " "))], [t("Predictions"), (row) => whole(row.count), "num"],
        ]} /></${Card}></div>`;
}
