# cmake -DINPUT=file -DOUTPUT=header -P EmbedText.cmake: a C++ header holding the
# file's text as `inferno::protocol::kSchemaText`. Cut into pieces, because
# compilers limit the length of one literal.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(literal "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND literal "R\"fbs(${piece})fbs\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUTPUT} "#pragma once\nnamespace inferno::protocol {\ninline constexpr char kSchemaText[] =\n${literal};\n}\n")
