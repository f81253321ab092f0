import ArgumentParser
import HostApp
import HostManifest
import HostPlugins
import HostTraining

/// `penstock models drift`.
struct ShowDrift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Show how far the last rows of a model lie from what its fit learned from, and its errors.",
        discussion: """
            Asks the host that runs: it counts the last 1,000 rows that the serving fit predicted. With --html the report is a page that \
            opens without a network.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("The model's id in the manifest.", valueName: "model"), completion: Completions.models)
    var model: String

    @Option(name: .long, help: ArgumentHelp("Write the report as a page.", valueName: "file"), completion: .file())
    var html: String?

    func run() async throws {
        let report = try VersionSession(try shared.manifest(runsCode: false)).drift(of: model)
        guard let html else { return try shared.tell(report, report.text) }
        try ModelPages.write(report.html, to: html)
    }
}

/// `penstock models plot`.
struct PlotModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw how the tests of versions went over time, into an SVG or PNG file.",
        discussion: """
            In panels: how much less the squared error is than that of the mean, summed; the correlation with what came; the share of \
            outcomes within intervals of 90 %; the weights of an ensemble's members, test by test. Drawn by gnuplot.
            """)

    @OptionGroup var options: VersionOptions

    @Argument(help: ArgumentHelp("Versions; without one what serves.", valueName: "version"))
    var versions: [Int] = []

    @Option(
        name: [.long, .customShort("o")], help: ArgumentHelp("The file, .svg or .png.", valueName: "file"),
        completion: .file())
    var output: String

    func run() async throws {
        let session = try options.session()
        let wanted = versions.isEmpty ? [try await options.champion(session)] : versions
        var courses: [(name: String, course: Course)] = []
        var weights: [LinePlot.Weights] = []
        for version in wanted {
            let bytes = try await session.card(options.model, options.pipeline, version)
            let card = ModelCard(json: bytes)
            guard let course = card.map({ Course($0) }), !course.times.isEmpty else {
                throw HostError(
                    exitCode: 1,
                    "models plot: the card of version \(version) is from before the course of tests was kept. Fit the model again."
                )
            }
            courses.append(("version \(version)", course))
            weights += (card?.weights ?? []).map { ("\($0.member), version \(version)", $0.times, $0.values) }
        }
        let plot = LinePlot(courses, weights, title: "model/\(options.model), out of sample")
        do throws(PluginFault) { try plot.write(to: output) } catch {
            throw HostError(exitCode: 3, "models plot: \(error.message)")
        }
        Output.write("model/\(options.model): drawn into \(output).\n")
    }
}

extension LinePlot {
    /// How much a member counted from each time on.
    typealias Weights = (name: String, times: [Int64], values: [Double])

    /// The courses of versions, each with what it last said at times that only others have.
    init(_ courses: [(name: String, course: Course)], _ weights: [Weights] = [], title: String) {
        let times = Set(courses.flatMap(\.course.times)).sorted()
        let shares = weights.map {
            Line(title: "weight of \($0.name)", values: Self.held($0.values, $0.times, at: times))
        }
        func panel(_ what: String, _ values: (Course) -> [Double]) -> [Line] {
            courses.map { name, course in
                Line(title: "\(what), \(name)", values: Self.held(values(course), course.times, at: times))
            }
        }
        self.init(
            title: title, times: times,
            panels: [
                panel("squared error saved") { $0.advantage }, panel("IC") { $0.ic },
                panel("within 90 %") { $0.coverage }, shares,
            ].filter { $0.contains { $0.values.contains(where: \.isFinite) } })
    }

    private static func held(_ values: [Double], _ own: [Int64], at times: [Int64]) -> [Double] {
        var (next, last) = (0, Double.nan)
        return times.map { time in
            while next < own.count, own[next] <= time { (last, next) = (values[next], next + 1) }
            return last
        }
    }
}

/// Pages of models as files.
enum ModelPages {
    /// Writes a page, and says where.
    static func write(_ page: String, to path: String) throws {
        do throws(AtomicFile.Failure) { try AtomicFile.write(page, to: path) } catch {
            throw HostError(exitCode: 3, "models: \(error.description)")
        }
        Output.write("\(path): \(page.utf8.count) bytes.\n")
    }
}
