//! The module with its counting written in.

use crate::BETWEEN_CALLS;
use crate::shape::{Shape, is_call};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Operator};

/// Functions that are imported besides: `budget`, `left`.
const NEW_IMPORTS: u32 = 2;

/// Writes one module.
pub(crate) struct Rewrite<'s> {
    shape: &'s Shape,
    /// The function whose body comes next.
    next: usize,
    has_imports: bool,
    has_globals: bool,
}

type Done = Result<(), Error<Infallible>>;

impl<'s> Rewrite<'s> {
    pub(crate) fn new(shape: &'s Shape) -> Self {
        Self { shape, next: 0, has_imports: false, has_globals: false }
    }

    /// The type of `budget`; that of `left` follows.
    fn budget_type(&self) -> u32 {
        self.shape.params.len() as u32
    }

    /// The function `budget`; `left` follows.
    fn budget(&self) -> u32 {
        self.shape.imported_functions
    }

    /// The global that holds what is left.
    fn count(&self) -> u32 {
        self.shape.globals
    }

    fn new_imports(&mut self, imports: &mut ImportSection) {
        self.has_imports = true;
        imports.import("$root", "budget", EntityType::Function(self.budget_type()));
        imports.import("$root", "left", EntityType::Function(self.budget_type() + 1));
    }

    fn new_global(&mut self, globals: &mut GlobalSection) {
        self.has_globals = true;
        let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i64_const(BETWEEN_CALLS));
    }

    /// Takes `cost` off the count, and gives up where nothing is left. `local` is free to use.
    fn charge(&self, function: &mut Function, cost: i64, local: u32) {
        function
            .instruction(&Instruction::GlobalGet(self.count()))
            .instruction(&Instruction::I64Const(cost))
            .instruction(&Instruction::I64Sub)
            .instruction(&Instruction::LocalTee(local))
            .instruction(&Instruction::GlobalSet(self.count()))
            .instruction(&Instruction::LocalGet(local))
            .instruction(&Instruction::I64Const(0))
            .instruction(&Instruction::I64LtS)
            .instruction(&Instruction::If(BlockType::Empty))
            .instruction(&Instruction::I32Const(1))
            .instruction(&Instruction::I32Const(0))
            .instruction(&Instruction::I32DivU)
            .instruction(&Instruction::Drop)
            .instruction(&Instruction::Unreachable)
            .instruction(&Instruction::End);
    }

    /// Takes the number on the stack off the count, and leaves it there. `local` is free to use.
    fn charge_length(&self, function: &mut Function, local: u32) {
        function
            .instruction(&Instruction::LocalSet(local))
            .instruction(&Instruction::GlobalGet(self.count()))
            .instruction(&Instruction::LocalGet(local))
            .instruction(&Instruction::I64ExtendI32U)
            .instruction(&Instruction::I64Sub)
            .instruction(&Instruction::GlobalSet(self.count()))
            .instruction(&Instruction::LocalGet(local));
    }

    /// What the host calls in place of a function.
    fn wrapper(&self, function: u32, params: u32) -> Function {
        let mut wrapper = Function::new([]);
        wrapper
            .instruction(&Instruction::Call(self.budget()))
            .instruction(&Instruction::GlobalSet(self.count()));
        for param in 0..params {
            wrapper.instruction(&Instruction::LocalGet(param));
        }
        wrapper
            .instruction(&Instruction::Call(function + NEW_IMPORTS))
            .instruction(&Instruction::GlobalGet(self.count()))
            .instruction(&Instruction::Call(self.budget() + 1))
            .instruction(&Instruction::I64Const(BETWEEN_CALLS))
            .instruction(&Instruction::GlobalSet(self.count()))
            .instruction(&Instruction::End);
        wrapper
    }
}

impl Reencode for Rewrite<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let is_imported = function < self.shape.imported_functions;
        Ok(if is_imported { function } else { function + NEW_IMPORTS })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Done {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], [ValType::I64]);
        types.ty().function([ValType::I64], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Done {
        utils::parse_import_section(self, imports, section)?;
        self.new_imports(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Done {
        utils::parse_function_section(self, functions, section)?;
        for ty in self.shape.calls.iter().filter_map(|function| self.shape.type_of(*function)) {
            functions.function(ty);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Done {
        utils::parse_global_section(self, globals, section)?;
        self.new_global(globals);
        Ok(())
    }

    /// Puts in the sections that the module does not have.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Done {
        use SectionId::{Custom, Function, Global, Import, Memory, Table, Tag, Type};
        if !self.has_imports && !matches!(before, Some(Custom | Type | Import)) {
            let mut imports = ImportSection::new();
            self.new_imports(&mut imports);
            module.section(&imports);
        }
        let is_early =
            matches!(before, Some(Custom | Type | Import | Function | Table | Memory | Tag | Global));
        if !self.has_globals && !is_early {
            let mut globals = GlobalSection::new();
            self.new_global(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: wasmparser::Export<'_>) -> Done {
        let wrapper = self.shape.calls.iter().position(|function| *function == export.index);
        match wrapper.filter(|_| is_call(&export)) {
            Some(number) => {
                let own = self.shape.types.len() + number;
                let index = self.shape.imported_functions + NEW_IMPORTS + own as u32;
                exports.export(export.name, ExportKind::Func, index);
                Ok(())
            }
            None => utils::parse_export(self, exports, export),
        }
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Done {
        utils::parse_code_section(self, code, section)?;
        for function in &self.shape.calls {
            let ty = self.shape.type_of(*function).unwrap_or_default();
            let params = self.shape.params.get(ty as usize).copied().unwrap_or_default();
            code.function(&self.wrapper(*function, params));
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Done {
        let shape = self.shape;
        let own = self.next;
        self.next += 1;
        let ty = shape.types.get(own).copied().unwrap_or_default();
        let mut first_free = shape.params.get(ty as usize).copied().unwrap_or_default();
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            first_free += count;
            locals.push((count, self.val_type(ty)?));
        }
        let (count, length) = (first_free, first_free + 1);
        locals.extend([(1, ValType::I64), (1, ValType::I32)]);
        let mut function = Function::new(locals);
        let costs = shape.costs.get(own);
        if let Some(cost) = costs.and_then(|costs| costs.entry) {
            self.charge(&mut function, cost, count);
        }
        let mut loops = costs.into_iter().flat_map(|costs| &costs.loops);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            if matches!(
                operator,
                Operator::MemoryCopy { .. }
                    | Operator::MemoryFill { .. }
                    | Operator::MemoryInit { .. }
                    | Operator::TableCopy { .. }
                    | Operator::TableFill { .. }
                    | Operator::TableInit { .. }
            ) {
                self.charge_length(&mut function, length);
            }
            let begins_loop = matches!(operator, Operator::Loop { .. });
            function.instruction(&self.instruction(operator)?);
            if let Some(cost) = loops.next_if(begins_loop) {
                self.charge(&mut function, *cost, count);
            }
        }
        code.function(&function);
        Ok(())
    }
}

/// The next item, where there is reason to take it.
trait NextIf: Iterator + Sized {
    fn next_if(&mut self, wanted: bool) -> Option<Self::Item> {
        wanted.then(|| self.next()).flatten()
    }
}

impl<I: Iterator> NextIf for I {}
