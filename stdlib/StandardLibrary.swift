// The library that is written in the language, carried inside the binary.
//
// The build embeds the .quire files beside this one, so a copied executable needs no files.

/// The modules of the standard library, as source text.
public enum StandardLibrary {
  /// What every script sees without an import.
  public static var prelude: [UInt8] { PackageResources.prelude_quire }

  /// The names that `import` finds, in alphabetical order.
  public static let moduleNames = ["patterns", "report"]

  /// The text of a module, nil when there is none of that name.
  public static func source(of name: String) -> [UInt8]? {
    switch name {
    case "patterns": PackageResources.patterns_quire
    case "report": PackageResources.report_quire
    default: nil
    }
  }
}
