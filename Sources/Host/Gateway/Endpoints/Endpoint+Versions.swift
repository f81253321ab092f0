import AccessScopes
import HTTPTypes
import HostCore

/// The routes of versions of models.
extension Endpoint {
    static let versions = [
        Endpoint(
            method: .get, path: "/api/v2/ai/versions", summary: "the versions of models, the newest of each first",
            parameters: VersionAnswers.filters, scope: .predictionsRead,
            form: .table(.versions, "versions"), errors: errors
        ) { answers, request in try await answers.versions.list(request) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/history",
            summary: "which version was used for what, since when, by whom and why", places: [VersionAnswers.model],
            parameters: [
                VersionAnswers.pipeline, Parameter("versions", .numbers(100), standard: "every version beside it"),
            ], scope: .predictionsRead,
            form: .table(.versions, "history"), errors: errors
        ) { answers, request in try await answers.versions.history(request) },
        Endpoint(
            method: .get, path: VersionAnswers.path + "/{version}", summary: "the card of a version",
            places: [VersionAnswers.model, VersionAnswers.version], parameters: [VersionAnswers.pipeline],
            scope: .predictionsRead,
            form: .json(.any), errors: errors
        ) { answers, request in try await answers.versions.card(request) },
        Endpoint(
            method: .get, path: VersionAnswers.path + "/{version}/file",
            summary: "a version with its card as a file that another host imports",
            places: [VersionAnswers.model, VersionAnswers.version], parameters: [VersionAnswers.pipeline],
            scope: .modelsWrite, form: .json(.any), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.file(request) },
        Endpoint(
            method: .post, path: "/api/v2/ai/models/{model}/import",
            summary: "takes a version from the file in the body as the next candidate", places: [VersionAnswers.model],
            parameters: VersionAnswers.origins, scope: .modelsWrite, action: "version.import",
            takes: "application/json", form: .json(.versions), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.take(request) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/drift",
            summary:
                "how far the last rows of a model lie from what its fit learned from, feature by feature, and its errors",
            places: [VersionAnswers.model], scope: .predictionsRead, form: .table(.drift, "features"),
            errors: [.unknownModel]
        ) { answers, request in try answers.drift.reply(request.name) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/split",
            summary: "how versions share the rows of a model, and how they compare so far",
            places: [VersionAnswers.model], parameters: [VersionAnswers.pipeline], scope: .predictionsRead,
            form: .json(.split), errors: errors
        ) { answers, request in try await answers.versions.split(request) },
        Endpoint(
            method: .post, path: "/api/v2/ai/models/{model}/split",
            summary: "lets versions share the rows of a model: shares=1:0.8,2:0.2 drawn by instrument, or by slot",
            places: [VersionAnswers.model], parameters: VersionAnswers.sharing, scope: .modelsWrite,
            action: "version.split", form: .json(.split), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.share(request) },
        Endpoint(
            method: .post, path: VersionAnswers.path + "/{version}/promote",
            summary: "lets a version serve, or shadow, or do neither",
            places: [VersionAnswers.model, VersionAnswers.version],
            parameters: VersionAnswers.wishes + [VersionAnswers.stage], scope: .modelsWrite, action: "version.promote",
            form: .json(.versions),
            errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.move(request) },
        Endpoint(
            method: .post, path: VersionAnswers.path + "/{version}/retire",
            summary: "puts a version out of use for good",
            places: [VersionAnswers.model, VersionAnswers.version], parameters: VersionAnswers.wishes,
            scope: .modelsWrite, action: "version.retire",
            form: .json(.versions), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.move(request, to: .retired) },
        Endpoint(
            method: .post, path: "/api/v2/ai/models/{model}/rollback",
            summary: "lets the version serve again that served before", places: [VersionAnswers.model],
            parameters: VersionAnswers.wishes
                + [Parameter("to", VersionAnswers.version.type, standard: "the one before the champion")],
            scope: .modelsWrite, action: "version.rollback", form: .json(.versions), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.rollback(request) },
        Endpoint(
            method: .post, path: "/api/v2/ai/models/{model}/fit",
            summary: "fits a model beside its stream on what is stored now; one at a time, what serves goes on",
            places: [VersionAnswers.model], parameters: VersionAnswers.origins, scope: .modelsWrite,
            action: "version.fit", form: .json(.fit), errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.fit(request, isSearch: false) },
        Endpoint(
            method: .post, path: "/api/v2/ai/models/{model}/search",
            summary: "the same for a model with a search of its options", places: [VersionAnswers.model],
            parameters: VersionAnswers.origins, scope: .modelsWrite, action: "version.search", form: .json(.fit),
            errors: errors + [.notMoved]
        ) { answers, request in try await answers.versions.fit(request, isSearch: true) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/fit",
            summary: "what became of the last fit that was asked for",
            places: [VersionAnswers.model], parameters: [VersionAnswers.pipeline], scope: .predictionsRead,
            form: .json(.fit), errors: errors
        ) { answers, request in try await answers.versions.fitted(request) },
    ]

    private static let errors: [GatewayError.Code] = [.unknownVersion, .noVersions, .storeUnavailable]
}
