import NIOCore
import NIOHTTP1

/// Stands between a connection's HTTP parser and everything else, and keeps the connection to the rules: sound requests,
/// one answer each, in time, and an end when one was announced. It leaves the pipeline where a WebSocket begins.
///
/// An end is orderly (RFC 9112, 9.6): the output is shut, what still comes is read and dropped, then the socket is closed.
/// Closing at once would let the kernel answer unread input with a reset, which can destroy the answer on its way.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the connection's time is running for.
    private enum Watch { case head, body, idle, answer, close }

    private let rules: RequestRules
    private let times: ConnectionTimes
    private let slot: ConnectionSlot
    private var machine = ConnectionMachine()
    private var watch = Watch.head
    private var since = NIODeadline.uptimeNanoseconds(0)
    /// Whether a part was read since the last pause, and whether a byte of the next request was.
    private var hasRead = false
    private var hasBegun = false
    private var timer: Scheduled<Void>?
    private var due = NIODeadline.distantFuture
    /// Bytes that waited for the client at the last look.
    private var unsent = 0

    /// Creates the guard of one connection.
    init(rules: RequestRules, times: ConnectionTimes, slot: ConnectionSlot) {
        self.rules = rules
        self.times = times
        self.slot = slot
    }

    func handlerAdded(context: ChannelHandlerContext) { begin(.head, context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        slot.work()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        guard machine.reading != .nothing else {
            if machine.isUpgrade { context.fireChannelRead(data) }
            return
        }
        switch unwrapInboundIn(data) {
        case .head(var head):
            let isPath = head.uri.utf8.first == UInt8(ascii: "/")
            let refusal = rules.refusal(&head)
            let action = machine.read(head, refusal: refusal)
            if action == .pass { begin(.body, context) }
            carryOut(action, isPath ? data : wrapInboundOut(.head(head)), context)
        case .body:
            carryOut(machine.readBody(), data, context)
        case .end:
            let action = machine.readEnd()
            if action == .pass { finishReading(context) }
            carryOut(action, data, context)
        }
    }

    /// A read without a part is a piece of a head: its time runs from the first one.
    func channelReadComplete(context: ChannelHandlerContext) {
        if !hasRead {
            if watch == .idle { begin(.head, context) }
            hasBegun = true
        }
        hasRead = false
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        carryOut(machine.fail(.unreadable), nil, context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if watch == .close, event as? ChannelEvent == .inputClosed { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            let count = head.headers.count
            let action = machine.write(&head)
            carryOut(action, head.headers.count == count ? data : wrapOutboundOut(.head(head)), promise, context)
        case .body:
            carryOut(machine.writeBody(), data, promise, context)
        case .end:
            let action = machine.writeEnd()
            if action == .pass, machine.isIdle { rest(context) }
            carryOut(action, data, promise, context)
        }
    }
}

// MARK: - Carrying out

extension ConnectionGuard {
    private func carryOut(_ action: ConnectionMachine.Inbound, _ data: NIOAny?, _ context: ChannelHandlerContext) {
        switch action {
        case .pass: if let data { context.fireChannelRead(data) }
        case .drop: break
        case .refuse(let refusal): answer(refusal, context)
        case .end: context.close(promise: nil)
        }
    }

    private func carryOut(
        _ action: ConnectionMachine.Outbound, _ data: NIOAny, _ promise: EventLoopPromise<Void>?,
        _ context: ChannelHandlerContext
    ) {
        switch action {
        case .pass: context.write(data, promise: promise)
        case .drop: promise?.succeed()
        case .last:
            context.writeAndFlush(data, promise: promise)
            end(context)
        case .refuse(let refusal):
            context.write(data, promise: promise)
            answer(refusal, context)
        }
    }

    /// Sends an answer of its own, the last one.
    private func answer(_ refusal: RequestRefusal, _ context: ChannelHandlerContext) {
        let body = ByteBuffer(bytes: refusal.body)
        let headers: HTTPHeaders = [
            "content-type": ProblemBody.media, "content-length": "\(body.readableBytes)", "connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        slot.wait()
        begin(.close, context)
        context.close(mode: .output).assumeIsolated().whenFailure { _ in context.close(promise: nil) }
    }
}

// MARK: - Time

extension ConnectionGuard {
    /// Nothing is owed and nothing was sent: the next request may take its time.
    private func rest(_ context: ChannelHandlerContext) {
        slot.wait()
        guard machine.reading == .head else { return }
        watch = .idle
        since = context.eventLoop.now
        hasBegun = false
    }

    /// The request is whole: from now on its client waits for the host.
    private func finishReading(_ context: ChannelHandlerContext) {
        guard !machine.isIdle else { return rest(context) }
        slot.work()
        watch = .answer
        unsent = 0
    }

    private func begin(_ watch: Watch, _ context: ChannelHandlerContext) {
        self.watch = watch
        since = context.eventLoop.now
        arm(since + limit, context)
    }

    private var limit: TimeAmount {
        switch watch {
        case .head: TimeAmount(times.head)
        case .body: TimeAmount(times.body)
        case .idle: TimeAmount(times.idle)
        case .answer: TimeAmount(times.stall)
        case .close: TimeAmount(times.close)
        }
    }

    /// One timer a connection: set anew only when it would ring too late.
    private func arm(_ time: NIODeadline, _ context: ChannelHandlerContext) {
        guard time < due else { return }
        timer?.cancel()
        due = time
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.ring(context) }
    }

    private func ring(_ context: ChannelHandlerContext) {
        due = .distantFuture
        let now = context.eventLoop.now
        if watch == .answer { return checkProgress(now, context) }
        guard now >= since + limit else { return arm(since + limit, context) }
        switch watch {
        case .idle, .close: context.close(promise: nil)
        case .answer: break
        case .head, .body: expire(context)
        }
    }

    /// An answer may take as long as the host works on it; one that its client does not take is given up.
    private func checkProgress(_ now: NIODeadline, _ context: ChannelHandlerContext) {
        let options = context.channel.syncOptions
        let left = (try? options?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
        if !context.channel.isWritable, unsent > 0, left >= unsent { return context.close(promise: nil) }
        unsent = context.channel.isWritable ? 0 : left
        arm(now + TimeAmount(times.stall), context)
    }

    private func expire(_ context: ChannelHandlerContext) {
        // A connection that never sent a byte needs no answer.
        guard hasBegun || watch == .body else { return context.close(promise: nil) }
        carryOut(machine.fail(.timeout), nil, context)
        if watch != .close { context.close(promise: nil) }
    }
}

extension RequestRefusal {
    /// The body of the answer.
    fileprivate var body: [UInt8] {
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        return ProblemBody.bytes(Int(status.code), code: code, message: message, requestID: id)
    }
}
