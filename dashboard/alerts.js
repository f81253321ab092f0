// Alerts as they come, the newest first.

import { html, useState } from "/libraries/preact-htm.js";
import { useChannel } from "/assets/hooks.js";
import { Table } from "/assets/parts.js";
import { instant } from "/assets/format.js";
import { t } from "/assets/words.js";

const most = 100;

/** The last hundred alerts. */
export function useAlerts() {
    const [alerts, set] = useState([]);
    useChannel("/ws/risk-alerts", (messages) => set((old) => {
        let next = old;
        for (const message of messages) {
            next = message.kind === "welcome" ? [...message.alerts].reverse() : [message, ...next];
        }
        return next.slice(0, most);
    }));
    return alerts;
}

const signs = { info: "starting", warning: "degraded", critical: "failed" };

export const AlertList = ({ alerts }) => html`<${Table} caption=${t("Alerts")} rows=${alerts} name=${(row) => row.id} empty=${t("No alert since the host began to keep them.")} columns=${[
    [t("Time"), (row) => instant(row.time), "small"],
    [t("Severity"), (row) => html`<span class=${`state ${signs[row.severity] ?? ""}`}>${t(row.severity)}</span>`],
    [t("Instrument"), (row) => row.instrument && html`<a href=${`#/instrument/${encodeURIComponent(row.instrument)}`}>${row.instrument}</a>`],
    [t("Rule"), (row) => row.rule],
    [t("Message"), (row) => row.message],
]} />`;
