// What components share: data that is asked for, channels that are followed, and the state of the page.

import { createContext, useCallback, useContext, useEffect, useRef, useState } from "/libraries/preact-htm.js";
import { ask } from "/assets/api.js";
import { Channel } from "/assets/live.js";

/** What every page may read: { online, returns, status, instances, route, theme }, and `refresh`, which asks for the status anew. */
export const Page = createContext({});
export const usePage = () => useContext(Page);

/**
 * Asks once, again when `path` or `query` change, when the host comes back, and every `seconds`.
 * Returns { data, fault, again }.
 */
export function useAnswer(path, { query = {}, seconds = 0, signed = false, statuses, load } = {}) {
    const [answer, set] = useState({});
    const { returns } = usePage();
    const [round, next] = useState(0);
    const key = path && JSON.stringify([path, query, signed]);
    useEffect(() => {
        if (!path) return;
        const stop = new AbortController();
        let timer;
        const run = async () => {
            try {
                const get = load ?? ask;
                const data = await get(path, { query, signed, statuses, signal: stop.signal });
                if (!stop.signal.aborted) set({ key, data });
            } catch (fault) {
                if (fault.name === "AbortError" || stop.signal.aborted) return;
                set((old) => ({ key, data: old.key === key ? old.data : undefined, fault }));
            }
            const pause = seconds;
            if (pause && !stop.signal.aborted) timer = setTimeout(run, pause * 1000);
        };
        run();
        return () => {
            stop.abort();
            clearTimeout(timer);
        };
    }, [key, seconds, round, returns]);
    const again = useCallback(() => next((count) => count + 1), []);
    return { data: answer.key === key ? answer.data : undefined, fault: answer.key === key ? answer.fault : undefined, again };
}

/** Follows a channel while the component stands. `take` gets the messages of one frame of the screen at once. */
export function useChannel(path, take, { query = {}, online } = {}) {
    const newest = useRef(take);
    newest.current = take;
    const key = path && JSON.stringify([path, query]);
    useEffect(() => {
        if (!path) return;
        let waiting = [];
        let isAsked = false;
        const hand = () => {
            isAsked = false;
            const messages = waiting;
            waiting = [];
            newest.current(messages);
        };
        const channel = new Channel(path, {
            online,
            message(message) {
                waiting.push(message);
                if (isAsked) return;
                isAsked = true;
                // A page in the background draws no frames, and must not keep messages without end.
                if (document.hidden) setTimeout(hand, 250);
                else requestAnimationFrame(hand);
            },
        }, query);
        return () => channel.end();
    }, [key]);
}

/** A value that changes once in so many milliseconds at most. */
export function useCalm(value, milliseconds) {
    const [calm, set] = useState(value);
    const last = useRef(0);
    const newest = useRef(value);
    newest.current = value;
    const isBehind = calm !== value;
    useEffect(() => {
        if (!isBehind) return;
        const timer = setTimeout(() => {
            last.current = Date.now();
            set(newest.current);
        }, Math.max(0, last.current + milliseconds - Date.now()));
        return () => clearTimeout(timer);
    }, [isBehind]);
    return calm;
}
