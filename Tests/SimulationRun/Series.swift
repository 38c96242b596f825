import Glibc
import TabardSimulation

/// Writes the busiest second of each minute at the first source, a line for each minute, a column for each strategy.
func write(_ results: [FleetResult], to path: String) throws {
    guard let file = fopen(path, "w") else {
        perror(path)
        exit(1)
    }
    fputs("minute\t" + results.map { $0.strategy.title }.joined(separator: "\t") + "\n", file)
    let minutes = (results.map { $0.sources[0].series.count }.max() ?? 0) / 60
    for minute in 0..<minutes {
        let values = results.map { "\($0.sources[0].series[minute * 60..<minute * 60 + 60].max() ?? 0)" }
        fputs("\(minute)\t" + values.joined(separator: "\t") + "\n", file)
    }
    fclose(file)
}
