// About: the version, and what others wrote with their licences.

import { html } from "/libraries/preact-htm.js";
import { usePage } from "/assets/hooks.js";
import { Card, Facts, Head } from "/assets/parts.js";
import { instant } from "/assets/format.js";
import { t } from "/assets/words.js";

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const works = [
    ["Lightweight Charts™ 5.2.0", "TradingView Lightweight Charts™\nCopyright (c) 2026 TradingView, Inc. https://www.tradingview.com/", "Apache-2.0", "https://www.tradingview.com/"],
    ["uPlot 1.6.18", "Copyright (c) 2022 Leon Sorokin", "MIT", "https://github.com/leeoniya/uPlot"],
    ["Preact 10.27.2", "Copyright (c) 2015-present Jason Miller", "MIT", "https://preactjs.com/"],
    ["htm 3.1.1", "Copyright 2018 Google Inc.", "Apache-2.0", "https://github.com/developit/htm"],
];

export default function About() {
    const { status } = usePage();
    return html`<${Head} title=${t("About")} />
        <${Card} title="Penstock"><${Facts} rows=${[
            [t("Version"), status?.version], [t("Running since (UTC)"), instant(status?.started_at)],
            [t("The same data for programs"), html`<a href="/docs">/docs</a> · <a href="/openapi.json">/openapi.json</a> · <a href="/metrics">/metrics</a>`],
        ]} /><p class="soft">${t("Nothing on these pages is loaded from elsewhere, and nothing is sent there.")}</p></${Card}>
        ${works.map(([name, notice, licence, address]) => html`<${Card} title=${name}>
            <pre>${notice}</pre><p>${licence === "MIT" ? html`<details><summary>MIT</summary><pre>${mit}</pre></details>` : html`<a href="/libraries/apache-2.0.txt">Apache License 2.0</a>`}</p>
            <p><a href=${address} rel="noreferrer noopener" target="_blank">${address}</a></p></${Card}>`)}`;
}
