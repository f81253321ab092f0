import Glibc
import HostManifest
import HostPlugins
import PluginKit

/// Lines over time in panels one below the other, drawn by gnuplot into a file.
struct LinePlot {
    /// A line; a number that is NaN leaves a gap.
    struct Line {
        let title: String
        let values: [Double]
    }

    /// Title above all panels.
    let title: String
    /// Event times, nanoseconds since the Unix epoch, UTC.
    let times: [Int64]
    /// Lines of each panel; each has as many numbers as there are times.
    let panels: [[Line]]

    /// Draws into a file, whose ending says how: `.svg` or `.png`.
    func write(to path: String) throws(PluginFault) {
        let terminals = ["svg": "svg size 1200,%d dynamic background 'white'", "png": "pngcairo size 1200,%d"]
        guard let ending = path.split(separator: ".").last, let terminal = terminals[String(ending)] else {
            throw PluginFault(.file, "\(PluginError.quoted(path)): its ending says the form; allowed .svg and .png.")
        }
        let height = "\(280 * panels.count + 120)"
        let form = terminal.split(separator: "%d", omittingEmptySubsequences: false).joined(separator: height)
        let script = "\(path).gnuplot"
        defer { unlink(script) }
        do throws(AtomicFile.Failure) { try AtomicFile.write(self.script(form, path), to: script) } catch {
            throw PluginFault(.file, error.description)
        }
        _ = try ChildCommand(program: "gnuplot", arguments: [script]).run()
    }

    private func script(_ terminal: String, _ path: String) -> String {
        var text = """
            set terminal \(terminal) noenhanced
            set output \(Self.quoted(path))
            set xdata time
            set timefmt '%s'
            set grid
            set key left top
            set rmargin 6
            set format x "%Y-%m-%d"
            $data << END

            """
        let lines = panels.flatMap(\.self)
        for (index, time) in times.enumerated() {
            let numbers = lines.map { $0.values[index].isFinite ? "\($0.values[index])" : "nan" }
            text += "\(Double(time) / 1e9) \(numbers.joined(separator: " "))\n"
        }
        text += "END\nset multiplot layout \(panels.count),1 title \(Self.quoted(title))\n"
        var column = 2
        for panel in panels {
            let parts = panel.enumerated().map { index, line in
                "$data using 1:\(column + index) with lines title \(Self.quoted(line.title))"
            }
            column += panel.count
            text += "plot \(parts.joined(separator: ", "))\n"
        }
        return text + "unset multiplot\n"
    }

    /// A text as gnuplot takes it literally.
    private static func quoted(_ text: String) -> String {
        let plain = PluginError.shown(text, limit: 4_000)
        return "'" + plain.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
