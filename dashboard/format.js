// Numbers and times as the reader's language writes them. Times are UTC.

import { language, t } from "/assets/words.js";

const formats = new Map();
function format(options) {
    const key = language() + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language(), options));
    return formats.get(key);
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
export const none = "–";

export const whole = (value) => (isNumber(value) ? format({ maximumFractionDigits: 0 }).format(value) : none);
export const short = (value) => (isNumber(value) ? format({ notation: "compact", maximumFractionDigits: 1 }).format(value) : none);
export const price = (value) =>
    isNumber(value) ? format({ maximumFractionDigits: Math.abs(value) < 10 ? 4 : 2, minimumFractionDigits: 2 }).format(value) : none;
export const figure = (value, digits = 4) => (isNumber(value) ? format({ maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value) : none);
export const percent = (fraction, digits = 2) =>
    isNumber(fraction) ? format({ style: "percent", maximumFractionDigits: digits, minimumFractionDigits: digits, signDisplay: "exceptZero" }).format(fraction) : none;
export const rate = (value) => (isNumber(value) ? format({ maximumFractionDigits: value < 10 ? 1 : 0 }).format(value) : none);

/** An ISO text as `2013-03-01 21:00` (a day alone where it is midnight). */
export function instant(text) {
    if (!text) return none;
    const time = text.slice(11, 16);
    return time === "00:00" ? text.slice(0, 10) : `${text.slice(0, 10)} ${time}`;
}
export const clock = (text) => (text ? text.slice(11, 19) : none);

/** Milliseconds as the largest unit that fits. */
export function span(milliseconds) {
    const units = [["year", 31_557_600_000], ["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];
    for (const [unit, size] of units) {
        if (milliseconds >= size) {
            return format({ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: unit === "year" ? 1 : 0 }).format(milliseconds / size);
        }
    }
    return t("now");
}
export const age = (text, now = Date.now()) => (text ? span(Math.max(0, now - Date.parse(text))) : none);

/** Seconds since the epoch, as Lightweight Charts counts. */
export const seconds = (text) => Math.floor(Date.parse(text) / 1000);
