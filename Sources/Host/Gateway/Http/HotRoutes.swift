import CivilTime
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// A complete answer with status 200, ready to be written.
struct HotAnswer: Sendable {
    /// The field section but for `Date`.
    let fields: HTTPFields
    /// The body.
    let body: ByteBuffer

    /// Takes over a reply, as `endpoint` answers a request without fields.
    init(_ reply: Reply, of endpoint: Endpoint) {
        let plain = Representation([:]).form(of: reply, rows: endpoint.form.rows)
        var fields = plain.fields
        fields[.contentType] = plain.contentType
        fields[.contentLength] = "\(plain.body.readableBytes)"
        self.fields = fields
        body = plain.body
    }

    private init(fields: HTTPFields, body: ByteBuffer) { (self.fields, self.body) = (fields, body) }

    /// Returns the answer with more fields.
    func adding(_ more: HTTPFields) -> HotAnswer {
        var all = fields
        all.append(contentsOf: more)
        return HotAnswer(fields: all, body: body)
    }
}

/// GET routes whose answer lies in memory: they are answered on the connection's event loop.
///
/// The ordinary routes have the same paths and give the same bytes; this only saves the way to a task and back. What
/// cannot be answered from memory with 200 (a fault, `HEAD`, a body, another form) is left to them.
struct HotRoutes: Sendable {
    /// Returns the answer to a request target, or `nil` to leave it to the ordinary routes. Must not wait.
    let answer: @Sendable (_ target: String) -> HotAnswer?
    /// Fields that every answer has.
    let fields: HTTPFields
    /// Returns the fields that the answer to a request has besides, where it is let in and that is known without waiting.
    let admission: @Sendable (_ request: HTTPRequest) -> HTTPFields?
    /// The current `Date` field.
    let date: DateField

    /// Returns the answer to a request, or `nil` to leave it to the ordinary routes.
    func answer(to request: HTTPRequest) -> HotAnswer? {
        guard request.method == .get, let target = request.path else { return nil }
        let fields = request.headerFields
        guard fields.isEmpty || Self.isPlain(fields), let answer = answer(target) else { return nil }
        guard fields.isEmpty || Representation(fields).isPlain(bytes: answer.body.readableBytes) else { return nil }
        guard let more = admission(request) else { return nil }
        return more.isEmpty ? answer : answer.adding(more)
    }

    /// Whether the request has no body and keeps its connection.
    private static func isPlain(_ fields: HTTPFields) -> Bool {
        guard fields[.contentLength] == nil, fields[.transferEncoding] == nil else { return false }
        return fields[.connection].map { $0.lowercased() == "keep-alive" } ?? true
    }
}

/// Stands before the asynchronous routes of one connection, answers what is hot and passes on the rest, in order.
final class HotRouteHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let routes: HotRoutes
    /// Requests passed on and not answered yet; while there is one nothing may overtake it.
    private var passedOn = 0
    private var answer: HotAnswer?
    private var hasWritten = false

    /// Creates the handler of one connection.
    init(routes: HotRoutes) { self.routes = routes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request): begin(request, data, context)
        case .body:
            if answer == nil { context.fireChannelRead(data) }
        case .end:
            guard let answer else { return context.fireChannelRead(data) }
            self.answer = nil
            write(answer, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasWritten {
            hasWritten = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passedOn = max(0, passedOn - 1) }
        context.write(data, promise: promise)
    }

    /// A peer that does not read its answers gets the next ones from the ordinary route, which waits for it.
    private func begin(_ request: HTTPRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        if passedOn == 0, context.channel.isWritable, let answer = routes.answer(to: request) {
            self.answer = answer
        } else {
            passedOn += 1
            context.fireChannelRead(data)
        }
    }

    private func write(_ answer: HotAnswer, _ context: ChannelHandlerContext) {
        var fields = answer.fields
        fields[.date] = routes.date.text
        fields.append(contentsOf: routes.fields)
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .ok, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        hasWritten = true
    }
}

/// The text of the `Date` field, made once a second.
final class DateField: Sendable {
    private struct State {
        var second = Int64.min
        var text = ""
    }

    private let state = Mutex(State())

    /// The field's value now.
    var text: String {
        let second = WallClock.now() / 1_000_000_000
        return state.withLock { state in
            if state.second != second {
                state.second = second
                state.text = HTTPDate.text(seconds: second)
            }
            return state.text
        }
    }
}
