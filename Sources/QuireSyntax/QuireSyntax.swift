// QuireSyntax
