/// The modules of the standard library, as the text that the binary carries.
public enum StandardLibrary {}
