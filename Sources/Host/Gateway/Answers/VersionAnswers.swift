package import HostCore
import HummingbirdCore
import NIOCore
import PluginKit

/// How the gateway reads and changes versions of models; the composition root gives it. Each returns a JSON object.
package struct VersionControl: Sendable {
    /// Which version of which model; the pipeline may be left out where one alone has the model.
    package struct Place: Sendable {
        /// The model.
        package let model: String
        /// The pipeline.
        package let pipeline: String?
    }

    /// Who asks for a change, why, and which version serves as far as they know.
    package struct Wish: Sendable {
        /// Who.
        package let by: String
        /// Why.
        package let reason: String
        /// The champion, 0 for none.
        package let champion: Int
    }

    /// Returns the versions of models.
    package let list: @Sendable (VersionQuery) async throws -> [UInt8]
    /// Returns some versions of a model, every one where none is named, with the history of their stages.
    package let show: @Sendable (Place, _ numbers: [Int]) async throws -> [UInt8]
    /// Returns the card of a version.
    package let card: @Sendable (Place, Int) async throws -> [UInt8]
    /// Returns a version as a file that another host takes.
    package let file: @Sendable (Place, Int) async throws -> [UInt8]
    /// Takes a version from such a file.
    package let take: @Sendable (_ file: [UInt8], Place, _ by: String, _ reason: String) async throws -> [UInt8]
    /// Returns how versions share the rows of a model, and how they compare.
    package let split: @Sendable (Place) async throws -> [UInt8]
    /// Lets versions share rows: `3:0.8` a version, none for the champion alone; by slots of so many nanoseconds, 0 for by instrument.
    package let share:
        @Sendable (Place, _ shares: [String], _ slot: Int64, _ by: String, _ reason: String) async throws -> [UInt8]
    /// Gives a version another stage.
    package let move: @Sendable (Place, Int, ModelStage, Wish) async throws -> [UInt8]
    /// Lets what served before serve again.
    package let rollback: @Sendable (Place, _ to: Int?, Wish) async throws -> [UInt8]
    /// Lets a model be fitted beside its stream on what is stored now; `isSearch` where its options must be searched, too.
    package let fit: @Sendable (Place, _ isSearch: Bool, _ by: String, _ reason: String) async throws -> [UInt8]
    /// Returns what became of the last fit that was asked for.
    package let fitted: @Sendable (Place) async throws -> [UInt8]

    /// Creates a control.
    package init(
        list: @escaping @Sendable (VersionQuery) async throws -> [UInt8],
        show: @escaping @Sendable (Place, [Int]) async throws -> [UInt8],
        card: @escaping @Sendable (Place, Int) async throws -> [UInt8],
        file: @escaping @Sendable (Place, Int) async throws -> [UInt8],
        take: @escaping @Sendable ([UInt8], Place, String, String) async throws -> [UInt8],
        split: @escaping @Sendable (Place) async throws -> [UInt8],
        share: @escaping @Sendable (Place, [String], Int64, String, String) async throws -> [UInt8],
        move: @escaping @Sendable (Place, Int, ModelStage, Wish) async throws -> [UInt8],
        rollback: @escaping @Sendable (Place, Int?, Wish) async throws -> [UInt8],
        fit: @escaping @Sendable (Place, Bool, String, String) async throws -> [UInt8],
        fitted: @escaping @Sendable (Place) async throws -> [UInt8]
    ) {
        (self.list, self.show, self.card, self.move, self.rollback) = (list, show, card, move, rollback)
        (self.file, self.take, self.split, self.share) = (file, take, split, share)
        (self.fit, self.fitted) = (fit, fitted)
    }
}

/// `/api/v2/ai/models/{model}/versions`: which versions there are, what each is used for, and who changed that.
struct VersionAnswers: Sendable {
    /// The route of a model's versions.
    static let path = "/api/v2/ai/models/{model}/versions"
    /// A model in the path.
    static let model = Parameter(required: "model", .id)
    /// A version in the path.
    static let version = Parameter(required: "version", .count(1...Int(Int32.max)))
    /// The pipeline that is meant.
    static let pipeline = Parameter("pipeline", .id, standard: "the only one that has versions of the model")
    /// What every change says.
    static let wishes = [
        pipeline, Parameter(required: "champion", .count(0...Int(Int32.max))), Parameter(required: "reason", .id),
        Parameter("by", .id, standard: "token"),
    ]
    /// What taking a file, and asking for a fit, says.
    static let origins = [
        pipeline, Parameter(required: "reason", .id), Parameter("by", .id, standard: "token"),
    ]
    /// What sharing rows says.
    static let sharing = [
        pipeline, Parameter("shares", .names(9), standard: "the champion serves all rows"),
        Parameter("slot", .timeframe, standard: "instruments are drawn"), Parameter(required: "reason", .id),
        Parameter("by", .id, standard: "token"),
    ]
    /// Most bytes of a file.
    private static let sizeLimit = 256 << 20
    /// The stages that can be asked for.
    static let stages = [ModelStage.champion, .shadow, .candidate]
    /// The stage that is asked for.
    static let stage = Parameter("stage", .word(stages.map(\.rawValue)), standard: ModelStage.champion.rawValue)
    /// Which are listed.
    static let filters = [
        Parameter("model", .id, standard: "every model"), Parameter("pipeline", .id, standard: "every pipeline"),
        Parameter("stage", .word(ModelStage.allCases.map(\.rawValue)), standard: "every stage"),
        Parameter("limit", .count(1...100_000), standard: "every version"),
    ]

    /// What reads and changes them; `nil` where nothing is kept.
    let control: VersionControl?

    /// Answers with the versions that match.
    func list(_ request: EndpointRequest) async throws -> Reply {
        var query = VersionQuery(model: request.query["model"], pipeline: request.query["pipeline"])
        query.stage = request.query["stage"].flatMap { ModelStage(rawValue: $0) }
        query.limit = request.query["limit"].flatMap { Int($0) } ?? query.limit
        return try await reply { try await $0.list(query) }
    }

    /// Answers with versions side by side, and which was used for what when.
    func history(_ request: EndpointRequest) async throws -> Reply {
        let numbers = request.query["versions"].map { QueryParameters.parts($0).compactMap { Int($0) } } ?? []
        return try await reply { try await $0.show(Self.place(request), numbers) }
    }

    /// Answers with the card of a version.
    func card(_ request: EndpointRequest) async throws -> Reply {
        try await reply { try await $0.card(Self.place(request), Self.number(request)) }
    }

    /// Answers with a version as a file.
    func file(_ request: EndpointRequest) async throws -> Reply {
        try await reply { try await $0.file(Self.place(request), Self.number(request)) }
    }

    /// Takes a version from a file.
    func take(_ request: EndpointRequest) async throws -> Reply {
        guard let body = try? await request.request.body.collect(upTo: Self.sizeLimit) else {
            throw GatewayError(
                .badRequest, "gateway: the body is larger than \(Self.sizeLimit) bytes, or was not sent whole.")
        }
        let by = request.author ?? request.query["by"] ?? "token"
        return try await reply {
            try await $0.take(
                Array(body.readableBytesView), Self.place(request), by, request.query["reason"] ?? "")
        }
    }

    /// Answers with how versions share the rows of a model.
    func split(_ request: EndpointRequest) async throws -> Reply {
        try await reply { try await $0.split(Self.place(request)) }
    }

    /// Lets versions share the rows of a model.
    func share(_ request: EndpointRequest) async throws -> Reply {
        let shares = request.query["shares"].map { QueryParameters.parts($0) } ?? []
        let slot = request.query["slot"].flatMap { Timeframe($0) }?.nanoseconds ?? 0
        let by = request.author ?? request.query["by"] ?? "token"
        return try await reply {
            try await $0.share(Self.place(request), shares.map { String($0) }, slot, by, request.query["reason"] ?? "")
        }
    }

    /// Gives a version a stage.
    func move(_ request: EndpointRequest, to stage: ModelStage? = nil) async throws -> Reply {
        let asked = stage ?? request.query["stage"].flatMap { ModelStage(rawValue: $0) } ?? .champion
        return try await reply {
            try await $0.move(Self.place(request), Self.number(request), asked, Self.wish(request))
        }
    }

    /// Lets what served before serve again.
    func rollback(_ request: EndpointRequest) async throws -> Reply {
        let number = request.query["to"].flatMap { Int($0) }
        return try await reply { try await $0.rollback(Self.place(request), number, Self.wish(request)) }
    }

    /// Lets a model be fitted.
    func fit(_ request: EndpointRequest, isSearch: Bool) async throws -> Reply {
        let by = request.author ?? request.query["by"] ?? "token"
        return try await reply { try await $0.fit(Self.place(request), isSearch, by, request.query["reason"] ?? "") }
    }

    /// Answers with what became of the last fit that was asked for.
    func fitted(_ request: EndpointRequest) async throws -> Reply {
        try await reply { try await $0.fitted(Self.place(request)) }
    }

    private static func place(_ request: EndpointRequest) -> VersionControl.Place {
        VersionControl.Place(model: request.name, pipeline: request.query["pipeline"])
    }

    private static func number(_ request: EndpointRequest) throws(GatewayError) -> Int {
        guard let number = Int(request.places[1]), version.type.holds(request.places[1]) else {
            throw .badParameter("version", request.places[1], allowed: version.type.allowed)
        }
        return number
    }

    private static func wish(_ request: EndpointRequest) -> VersionControl.Wish {
        VersionControl.Wish(
            by: request.author ?? request.query["by"] ?? "token", reason: request.query["reason"] ?? "",
            champion: request.query["champion"].flatMap { Int($0) } ?? 0)
    }

    private func reply(_ body: (VersionControl) async throws -> [UInt8]) async throws -> Reply {
        guard let control else {
            throw GatewayError(.noVersions, "gateway: this host keeps no versions of models. Ask another.")
        }
        do {
            return Reply(contentType: Reply.json, try await body(control))
        } catch let error as PluginError {
            switch error.code {
            case .cancelled: throw CancellationError()
            case .notFound: throw GatewayError(.unknownVersion, error.message)
            case .badRequest, .corrupted, .malformed: throw GatewayError(.notMoved, error.message)
            default: throw GatewayError.store(error)
            }
        }
    }
}
