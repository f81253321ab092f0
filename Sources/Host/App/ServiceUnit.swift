import FoundationEssentials
import Glibc
import HostManifest

/// A unit of systemd and its drop-ins, as far as the host depends on what they say.
struct ServiceUnit: Sendable {
    /// Where it is, the first of the places that systemd looks at.
    let path: String
    private var values: [String: String] = [:]

    private static let folders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    /// Finds the installed unit `penstock.service`; `nil` where there is none.
    static func installed() -> ServiceUnit? {
        let paths: [String] = folders.map { "\($0)/penstock.service" }
        guard let path = paths.first(where: { access($0, R_OK) == 0 }) else { return nil }
        var unit = ServiceUnit(path: path, text: text(of: path))
        for folder in folders.reversed().map({ "\($0)/penstock.service.d" }) {
            for name in names(in: folder).sorted() where name.hasSuffix(".conf") {
                unit.take(text(of: "\(folder)/\(name)"))
            }
        }
        return unit
    }

    /// Reads the text of a unit.
    init(path: String, text: String) {
        self.path = path
        take(text)
    }

    /// What in it does not fit the host, a sentence each.
    ///
    /// - Parameter stopTimeout: `host.stop_timeout` of the manifest.
    func faults(stopTimeout: Duration) -> [String] {
        var faults: [String] = []
        let program = values["ExecStart"]?.split(separator: " ").first.map(String.init) ?? ""
        if access(program, X_OK) != 0 {
            faults.append(
                "'ExecStart' is '\(program)', which cannot be run. Install the program there, or correct the unit.")
        }
        if let limit = values["LimitNOFILE"], let count = Int(limit.split(separator: ":").first ?? ""), count < 1024 {
            faults.append("'LimitNOFILE' is \(count); wanted 1024 or more.")
        }
        if let stop = values["TimeoutStopSec"].map(Self.span), let stop, stop <= stopTimeout {
            faults.append(
                "'TimeoutStopSec' is \(DurationText.text(stop)), and 'host.stop_timeout' \(DurationText.text(stopTimeout)): systemd "
                    + "kills the host before it has delivered what it received. Set it higher.")
        }
        if let watchdog = values["WatchdogSec"].map(Self.span), let watchdog, watchdog > .zero {
            if watchdog < .seconds(120) {
                faults.append(
                    "'WatchdogSec' is \(DurationText.text(watchdog)); wanted 0 or 120 s and more, since a plugin's call may take 60 s."
                )
            }
            if values["Type"]?.hasPrefix("notify") != true {
                faults.append(
                    "'WatchdogSec' is set and 'Type' is '\(values["Type"] ?? "simple")'; allowed with it is notify.")
            }
        }
        return faults
    }

    /// Takes the assignments of a text; a later one of a name counts.
    private mutating func take(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix(";") {
            guard let split = line.firstIndex(of: "=") else { continue }
            values[Self.trimmed(line[..<split])] = Self.trimmed(line[line.index(after: split)...])
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    /// A span as systemd writes it, `30`, `30s`, `2min`; `nil` for `infinity` and what is not read here.
    private static func span(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        return switch trimmed(text.dropFirst(digits.count)) {
        case "", "s", "sec": .seconds(number)
        case "ms": .milliseconds(number)
        case "min", "m": .seconds(number * 60)
        case "h": .seconds(number * 3_600)
        default: nil
        }
    }

    private static func text(of path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
