import Foundation
import HTTPTypes
import HostCore
import HostWebSocket
import PluginKit
import TestSupport
import Testing
import TradingCalendars

@testable import HostGateway

/// What the routes say of themselves is what they do.
@Suite struct DescriptionTests {
    private static let targets = [
        "/health", "/health/live", "/health/ready", "/api/v2/system/health", "/api/v2/system/status",
        "/api/v2/system/metrics", "/api/v2/stocks/quotes?symbols=AAPL,600519,NOSUCH,IBM",
        "/api/v2/stocks/AAPL/historical?limit=1", "/api/v2/stocks/AAPL/historical?kind=trade&from=2013-01-01",
        "/api/v2/ai/predictions", "/api/v2/ai/predictions?symbols=AAPL,NOSUCH",
        "/api/v2/ai/models/next_day/status", "/api/v2/plugins", "/openapi.json",
        "/api/v2/stocks", "/api/v2/stocks?venue=sh&limit=1", "/api/v2/stocks/AAPL/calendar",
        "/api/v2/stocks/AAPL/calendar?from=2013-03-25&to=2013-04-02", "/api/v2/stocks/AAPL/explain",
        "/api/v2/stocks/AAPL/trades", "/api/v2/indicators", "/api/v2/plugins/indicator/rsi", "/api/v2/ai/models",
        "/api/v2/providers", "/api/v2/pipelines", "/api/v2/instances", "/api/v2/instances?kind=sink&state=ok",
    ]

    @Test(arguments: targets) func anAnswerHasTheShapeItsRouteDeclares(target: String) async throws {
        let host = TestHost.filled()
        let apple = Instrument(code: "AAPL", venue: "US")
        host.bars.add(
            .trades([
                Trade(
                    time: TestHost.lastClose, price: 443.66, size: 100, instrument: host.instruments.intern(apple))
            ]), of: apple)
        try await withGateway(host, { $0.calendars = try? CalendarBook() }) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 200, "\(answer.body)")
            let path = String(target.prefix { $0 != "?" })
            let route = RouteTable(Endpoint.all.map { ($0.path, $0.methods) }).route(of: path)
            let endpoint = try #require(Endpoint.all.first { $0.method == .get && $0.path == route })
            let shape = try #require(endpoint.form.shape)
            #expect(try ShapeCheck.faults(answer.json, shape).isEmpty, "\(answer.body)")
            #expect(answer.headers["content-type"] == endpoint.form.media)
        }
    }

    @Test func anErrorHasTheShapeOfProblems() async throws {
        try await withGateway { server in
            for target in ["/nowhere", "/ws/enhanced", "/api/v2/stocks/quotes", "/api/v2/stocks/NOSUCH/historical"] {
                let answer = try await server.get(target)
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(try ShapeCheck.faults(answer.json, OpenAPIDocument.problem).isEmpty, "\(answer.body)")
                #expect(try answer.json["status"]?.double == Double(answer.status))
            }
            let refused = try await server.connect { client in
                try await client.send("GET /health HTTP/1.1\r\n\r\n")
                return try await client.readAnswer()
            }
            #expect(refused.status == 400)
            #expect(refused.headers["content-type"] == "application/problem+json")
            #expect(try ShapeCheck.faults(refused.json, OpenAPIDocument.problem).isEmpty, "\(refused.body)")
        }
    }

    @Test func theDocumentNamesEveryRouteOnceAndEveryReferenceResolves() async throws {
        try await withGateway { server in
            let answer = try await server.get("/openapi.json")
            let document = try answer.json
            for endpoint in Endpoint.all {
                let operation = document["paths"]?[endpoint.path]?[endpoint.method.rawValue.lowercased()]
                #expect(operation?["summary"]?.text == endpoint.summary)
                #expect(operation?["parameters"]?.count == endpoint.places.count + endpoint.parameters.count)
                for code in endpoint.allErrors {
                    let text = operation?["responses"]?["\(code.status.code)"]?["description"]?.text
                    #expect(text?.contains("`\(code.name)`") == true)
                }
            }
            let references = answer.body.matches(of: #/"#\/components\/schemas\/(\w+)"/#).map { String($0.output.1) }
            #expect(!references.isEmpty)
            for name in references { #expect(document["components"]?["schemas"]?[name] != nil, "\(name)") }
            let names = answer.body.matches(of: #/"operationId":"(\w+)"/#).map { String($0.output.1) }
            #expect(
                Set(names).count == names.count && names.count == Endpoint.all.count + 2 * server.hub.channels.count)
        }
    }

    @Test func everyPartOfAPathIsDeclared() {
        for endpoint in Endpoint.all {
            let parts = endpoint.path.split(separator: "/").filter { $0.first == "{" }
            #expect(parts.map { $0.dropFirst().dropLast() } == endpoint.places.map { $0.name[...] }, "\(endpoint.path)")
        }
    }

    @Test func thePageNeedsNothingFromElsewhere() async throws {
        try await withGateway { server in
            let answer = try await server.get("/docs")
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(answer.body.contains(#"fetch("/openapi.json")"#))
            #expect(!answer.body.contains("http://") && !answer.body.contains("https://"))
        }
    }

    @Test(.enabled(if: Validator.isInstalled, "`make fuzz-api` installs openapi-spec-validator in .venv-fuzz-api"))
    func theDocumentIsOpenAPI() async throws {
        try await withGateway { server in
            let answer = try await server.get("/openapi.json")
            let fault = try Validator.fault(answer.body)
            #expect(fault == nil)
        }
    }
}

/// The validator that `make fuzz-api` installs.
private enum Validator {
    private static let program = Repository.root + "/.venv-fuzz-api/bin/openapi-spec-validator"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    static func fault(_ document: String) throws -> String? {
        let file = FileManager.default.temporaryDirectory.appending(path: "openapi-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try document.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [file.path]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? nil : text
    }
}
