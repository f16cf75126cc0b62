/** Words that shape a question more often than they say what it is about. */
const text = `
kind type sort name many much often long way thing something recently mention say tell describe think feel like
go get make take use want have time specific particular certain one new
`;

export const vagueWords: ReadonlySet<string> = new Set(text.trim().split(/\s+/));
