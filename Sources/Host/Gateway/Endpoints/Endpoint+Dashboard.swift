import AccessScopes
import HTTPTypes

/// The routes of the dashboard.
extension Endpoint {
    static let dashboard = [
        Endpoint(
            method: .get, path: "/", summary: "the dashboard, a page for browsers", scope: .open,
            form: .text("text/html"),
            errors: [.unknownFile]
        ) { answers, _ in try answers.dashboard.page() },
        Endpoint(
            method: .get, path: "/assets/{file}", summary: "a file of the dashboard",
            places: [Parameter(required: "file", .names(1))], scope: .open, form: .text("*/*"), errors: [.unknownFile]
        ) { answers, request in try answers.dashboard.asset(request.name) },
        Endpoint(
            method: .get, path: "/libraries/{file}", summary: "a library the dashboard draws with, or its licence",
            places: [Parameter(required: "file", .names(1))], scope: .open, form: .text("*/*"), errors: [.unknownFile]
        ) { answers, request in try answers.dashboard.library(request.name) },
    ]
}
