// A live channel: comes back by itself after a drop or a restart of the host, and goes on after the last message it has.

const patience = { first: 300, most: 5000, silence: 45_000 };

export class Channel {
    /**
     * @param path     as /ws/enhanced
     * @param handlers message(message) for everything but gaps, gap(message), online(isOnline)
     * @param query    what it asks for: symbols, model, severity, conflate
     */
    constructor(path, handlers, query = {}) {
        this.path = path;
        this.handlers = handlers;
        this.query = query;
        this.last = undefined;
        this.wait = patience.first;
        this.open();
    }

    open() {
        const query = new URLSearchParams(this.query);
        if (this.last !== undefined) query.set("after", this.last);
        const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}?${query}`;
        const socket = new WebSocket(address);
        this.socket = socket;
        socket.onopen = () => {
            this.wait = patience.first;
            this.handlers.online?.(true);
            this.ping = setInterval(() => this.check(), patience.silence / 3);
            this.heard = Date.now();
        };
        socket.onmessage = (event) => this.take(JSON.parse(event.data));
        socket.onclose = () => this.closed(socket);
    }

    take(message) {
        this.heard = Date.now();
        if (message.pong) return;
        if (message.kind === "gap") return this.handlers.gap?.(message);
        if (typeof message.id === "number") this.last = message.id;
        this.handlers.message(message);
    }

    /** A connection that died without a word is found by its silence. */
    check() {
        if (Date.now() - this.heard > patience.silence) return this.socket.close();
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send('{"ping":1}');
    }

    closed(socket) {
        if (socket !== this.socket) return;
        clearInterval(this.ping);
        this.handlers.online?.(false);
        this.timer = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
        this.wait = Math.min(this.wait * 1.7, patience.most);
    }

    end() {
        const socket = this.socket;
        this.socket = undefined;
        clearTimeout(this.timer);
        clearInterval(this.ping);
        // A browser complains of a connection that is closed before it is one.
        if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
        else socket.close();
        socket.onmessage = null;
    }
}
