// Quire: scripts that drive a simulated Linux memory subsystem, for embedding.
//
// The types of the kernel's configuration and of diagnostics appear in this module's interface,
// so an application that imports Quire sees them too.

@_exported public import QuireKernel

@_exported public import struct QuireRuntime.HostContext
@_exported public import struct QuireRuntime.HostFunction
@_exported public import enum QuireRuntime.LimitKind
@_exported public import struct QuireRuntime.Limits
@_exported public import struct QuireRuntime.MachineSettings
@_exported public import struct QuireRuntime.ProcessSummary
@_exported public import struct QuireRuntime.RunConfiguration
@_exported public import enum QuireRuntime.SchedulerKind
@_exported public import protocol QuireRuntime.ScriptConvertible
@_exported public import enum QuireRuntime.ScriptValue
@_exported public import struct QuireRuntime.ScriptVariable
@_exported public import struct QuireRuntime.ScriptWord
@_exported public import protocol QuireRuntime.WordConvertible
@_exported public import struct QuireSyntax.Diagnostic
@_exported public import struct QuireSyntax.DiagnosticFormatter
@_exported public import struct QuireSyntax.SourceFile
