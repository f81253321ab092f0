// The login: a key of `penstock keys`, for a cookie that scripts cannot read.

import { html, useState } from "/libraries/preact-htm.js";
import { login } from "/assets/api.js";
import { Fault } from "/assets/parts.js";
import { t } from "/assets/words.js";

export function Login({ tools }) {
    const [key, set] = useState("");
    const [state, setState] = useState({});
    const give = async (event) => {
        event.preventDefault();
        setState({ isBusy: true });
        try {
            await login(key);
        } catch (fault) {
            setState({ fault });
        }
    };
    return html`<header><span class="brand"><img src="/assets/icon.svg" alt="" />Penstock</span><span class="spring"></span>${tools}</header>
        <main id="page"><section class="card" aria-labelledby="login-title"><h1 id="login-title">${t("Log in")}</h1>
        <p>${t("This host answers those it knows. A key is made on its machine with:")}</p><pre>penstock keys create NAME --role reader</pre>
        <form onSubmit=${give}><div class="row"><label>${t("Key")} <input id="key" type="password" autocomplete="current-password" value=${key} onInput=${(event) => set(event.target.value)} /></label>
        <button class="primary" disabled=${!key.trim() || state.isBusy}>${t("Log in")}</button></div></form>
        <${Fault} fault=${state.fault} /></section></main>`;
}
