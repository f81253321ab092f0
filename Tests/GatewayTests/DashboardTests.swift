import HTTPTypes
import TestSupport
import Testing

@testable import HostGateway

/// The dashboard's files as a browser gets them.
@Suite struct DashboardTests {
    private static let folder = Repository.root + "/dashboard"

    @Test func thePageAllowsNothingFromElsewhereAndNoInlineScript() async throws {
        try await withGateway(.filled(), { $0.dashboard = Self.folder }) { server in
            let answer = try await server.get("/")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
            #expect(!policy.contains("unsafe") && !policy.contains("http"))
            for tag in answer.body.matches(of: #/<script[^>]*>/#) {
                #expect(tag.output.contains(" src=\"/"), "\(tag.output)")
            }
            #expect(!answer.body.contains("://") && !answer.body.contains("style=") && !answer.body.contains("<style"))
        }
    }

    @Test func everyOwnFileIsServedWithItsTypeAndNamesItself() async throws {
        let types = [
            "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
            "webmanifest": "application/manifest+json",
        ]
        let files = Repository.names(in: "dashboard").filter {
            types[String($0.split(separator: ".").last ?? "")] != nil
        }
        #expect(files.count > 5)
        try await withGateway(.filled(), { $0.dashboard = Self.folder }) { server in
            for file in files {
                let answer = try await server.get("/assets/\(file)")
                #expect(answer.status == 200, "\(file)")
                #expect(
                    answer.headers["content-type"] == types[String(file.split(separator: ".").last ?? "")], "\(file)")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                let tag = try #require(answer.headers["etag"])
                let again = try await server.connect { client in
                    try await client.request("/assets/\(file)", headers: ["If-None-Match: \(tag)"])
                }
                #expect(again.status == 304 && again.body.isEmpty, "\(file)")
            }
            let packed = try await server.connect { client in
                try await client.request("/assets/app.css", headers: ["Accept-Encoding: gzip"])
            }
            #expect(packed.headers["content-encoding"] == "gzip")
        }
    }

    @Test(arguments: [
        "/assets/..%2fCHANGELOG.md", "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/assets/%2e%2e", "/assets/.git",
        "/assets/libraries%2flicences.js", "/assets/app.js%00.css", "/assets/index.html", "/assets/nothing.js",
        "/libraries/..%2fapp.js", "/libraries/%5c..%5capp.js", "/assets/APP.JS", "/assets/app.js%20",
        "/assets/%C0%AE%C0%AE%2fapp.js", "/assets/app", "/libraries/nothing.js",
    ])
    func aNameThatIsNoneOfItsFilesIsRefused(target: String) async throws {
        try await withGateway(.filled(), { $0.dashboard = Self.folder }) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 404, "\(answer.body)")
            #expect(try answer.json["error"]?["code"] == "unknown_file")
        }
    }

    @Test(arguments: ["/assets/../CHANGELOG.md", "/assets/x/../app.js", "/assets//etc/passwd", "/libraries/"])
    func aPathOfSeveralPartsIsNoFile(target: String) async throws {
        try await withGateway(.filled(), { $0.dashboard = Self.folder }) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 404)
        }
    }

    @Test func withoutTheFolderThePageSaysWhatToDo() async throws {
        try await withGateway { server in
            let answer = try await server.get("/")
            #expect(answer.status == 404)
            #expect(try answer.json["error"]?["message"]?.text?.contains("make install") == true)
        }
    }
}
